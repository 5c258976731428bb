// The rows of DicomTable that write.
#pragma once

#include "addon/registry.h"

namespace isovox::addon {

Work WriteImageSeries(Args& args);
Work WriteRtStruct(Args& args);
Work WriteRtDose(Args& args);
Work WriteRtPlan(Args& args);
Work WriteSegmentation(Args& args);
Work WriteRegistration(Args& args);

}  // namespace isovox::addon
