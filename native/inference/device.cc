#include <charconv>

#include "inference/model.h"

namespace isovox {

std::optional<Device> DeviceFromText(std::string_view text) {
  if (text == "auto") return Device{Device::Kind::kAuto, 0};
  if (text == "cpu") return Device{Device::Kind::kCpu, 0};
  if (text == "cuda") return Device{Device::Kind::kCuda, 0};
  constexpr std::string_view kPrefix = "cuda:";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  Device device{Device::Kind::kCuda, 0};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), device.index);
  const bool whole = problem == std::errc{} && end == text.data() + text.size();
  if (!whole || device.index < 0 || device.index > 255) return std::nullopt;
  return device;
}

}  // namespace isovox
