// The line that a contender prints: {"ms": [...], "peakMb": ..., "version": "...", "answer": {...}}.
#pragma once

#include <sys/resource.h>

#include <cstdio>
#include <map>
#include <string>
#include <vector>

inline void Report(const std::vector<double>& ms, const std::string& version, const std::map<std::string, double>& answer) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"ms\":[");
  for (size_t i = 0; i < ms.size(); ++i) std::printf("%s%.3f", i ? "," : "", ms[i]);
  std::printf("],\"peakMb\":%.1f,\"version\":\"%s\",\"answer\":{", usage.ru_maxrss / 1024.0, version.c_str());
  bool first = true;
  for (const auto& [key, value] : answer) {
    std::printf("%s\"%s\":%.10g", first ? "" : ",", key.c_str(), value);
    first = false;
  }
  std::printf("}}\n");
}
