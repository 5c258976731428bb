// A remark about something that was read: it annotates a row of a table and stops nothing.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace isovox::dicom {

enum class Severity { kInfo, kWarn, kFail };

struct Finding {
  std::string code;  // "slice.missing"
  Severity severity = Severity::kWarn;
  std::string message;
  nlohmann::json context = nlohmann::json::object();
};

using Findings = std::vector<Finding>;

inline nlohmann::json ToJson(const Findings& findings) {
  static constexpr const char* kNames[] = {"info", "warn", "fail"};
  auto list = nlohmann::json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"code", finding.code},
                    {"severity", kNames[static_cast<int>(finding.severity)]},
                    {"message", finding.message},
                    {"context", finding.context.is_null() ? nlohmann::json::object() : finding.context}});
  }
  return list;
}

}  // namespace isovox::dicom
