// The rows of DicomTable that write.
#pragma once

#include "addon/registry.h"

namespace isovox::addon {

Work WriteCtSeries(Args& args);
Work WriteRtStruct(Args& args);
Work WriteRtDose(Args& args);
Work WriteRtPlan(Args& args);
Work WriteSegmentation(Args& args);

}  // namespace isovox::addon
