// A remark on one structure or dose: it annotates a row and never stops a task.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace isovox {

enum class Severity { kInfo, kWarn, kFail };

struct Finding {
  std::string code;  // "roi.empty", "dose.partial_coverage"
  Severity severity = Severity::kWarn;
  std::string message;
};

using Findings = std::vector<Finding>;

}  // namespace isovox
