#include "align/genbank.h"

#include <algorithm>
#include <charconv>

namespace isovox::align {
namespace {

constexpr size_t kKeyColumn = 5;        // of a feature's type
constexpr size_t kLocationColumn = 21;  // of its location and its qualifiers

// A location as INSDC writes it: 5..10, <5..>10, 7, complement(...), join(...), order(...). False for anything else,
// such as a place between two letters (5^6) or in another entry (J00194.1:1..5).
bool ParseLocation(std::string_view text, Feature& feature, bool nested = false) {
  const auto inner = [&](std::string_view name) -> std::optional<std::string_view> {
    if (!text.starts_with(name) || !text.ends_with(')')) return std::nullopt;
    return text.substr(name.size(), text.size() - name.size() - 1);
  };
  if (const auto inside = inner("complement(")) {
    if (feature.reverse) return false;  // the complement of a complement is not written
    if (nested && !feature.parts.empty()) return false;  // parts on both strands
    feature.reverse = true;
    return ParseLocation(*inside, feature, true);
  }
  for (const std::string_view name : {"join(", "order("}) {
    const auto inside = inner(name);
    if (!inside) continue;
    if (inside->find('(') != std::string_view::npos) return false;  // parts on both strands
    std::string_view rest = *inside;
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      if (!ParseLocation(rest.substr(0, comma), feature, true)) return false;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return !feature.parts.empty();
  }
  const auto number = [&]() -> std::optional<int64_t> {
    if (text.starts_with('<') || text.starts_with('>')) text.remove_prefix(1);
    int64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || value < 1) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return value;
  };
  const auto first = number();
  if (!first) return false;
  auto last = first;
  if (text.starts_with("..")) {
    text.remove_prefix(2);
    last = number();
  }
  if (!last || !text.empty() || *last < *first) return false;
  feature.parts.emplace_back(*first - 1, *last);
  return true;
}

// The value of /name="value", or nothing when the qualifier is another one.
std::optional<std::string_view> Qualifier(std::string_view text, std::string_view name) {
  if (!text.starts_with('/') || !text.substr(1).starts_with(name)) return std::nullopt;
  text.remove_prefix(1 + name.size());
  if (!text.starts_with('=')) return std::nullopt;
  text.remove_prefix(1);
  if (text.starts_with('"')) text.remove_prefix(1);
  if (text.ends_with('"')) text.remove_suffix(1);
  return text;
}

// Names a feature by the best of its qualifiers, which may come in any order.
class Naming {
 public:
  void See(std::string_view qualifier) {
    constexpr std::string_view kByRank[] = {"locus_tag", "gene", "protein_id", "label"};
    for (size_t rank = 0; rank < rank_; ++rank) {
      if (const auto value = Qualifier(qualifier, kByRank[rank]); value && !value->empty()) {
        name_ = *value;
        rank_ = rank;
        return;
      }
    }
  }
  std::string NameOf(const Feature& feature) const {
    if (!name_.empty()) return name_;
    return feature.type + "_" + std::to_string(feature.parts.front().first + 1) + ".." +
           std::to_string(feature.parts.back().second);
  }

 private:
  size_t rank_ = 4;
  std::string name_;
};

class FeatureTable {
 public:
  explicit FeatureTable(Sequence& sequence) : sequence_(sequence) {}

  void Line(std::string_view line) {
    const auto content = line.size() > kLocationColumn ? Trimmed(line.substr(kLocationColumn)) : std::string_view();
    if (line.size() > kKeyColumn && line[kKeyColumn] != ' ' && line.substr(0, kKeyColumn) == "     ") {
      Finish();
      type_ = line.substr(kKeyColumn, line.find(' ', kKeyColumn) - kKeyColumn);
      location_ = content;
      in_location_ = true;
      naming_ = {};
    } else if (content.starts_with('/')) {
      in_location_ = false;
      naming_.See(content);
    } else if (in_location_) {
      location_ += content;  // long locations go on in the next line
    }
  }

  void Finish() {
    if (type_.empty() || type_ == "source") return;
    Feature feature;
    feature.type = type_;
    if (ParseLocation(location_, feature)) {
      // The parts of a complement are written in the order of the reference; LettersOf turns the whole.
      feature.id = naming_.NameOf(feature);
      sequence_.features.push_back(std::move(feature));
    }
    type_.clear();
  }

 private:
  Sequence& sequence_;
  std::string type_, location_;
  bool in_location_ = false;
  Naming naming_;
};

}  // namespace

std::vector<Sequence> ParseGenbank(TextLines& lines) {
  std::vector<Sequence> sequences;
  enum class Part { kHead, kFeatures, kLetters } part = Part::kHead;
  std::optional<FeatureTable> table;
  bool open = false;
  while (const auto line = lines.Next()) {
    if (line->starts_with("LOCUS")) {
      if (open) throw lines.Corrupt("the // that ends an entry");
      Sequence& sequence = sequences.emplace_back();
      const auto name = Trimmed(line->substr(5));
      sequence.id = name.substr(0, name.find(' '));
      part = Part::kHead;
      open = true;
      continue;
    }
    if (!open) {
      if (Trimmed(*line).empty()) continue;
      throw lines.Corrupt("LOCUS");
    }
    Sequence& sequence = sequences.back();
    if (line->starts_with("//")) {
      if (table) table->Finish();
      table.reset();
      const auto length = static_cast<int64_t>(sequence.letters.size());
      std::erase_if(sequence.features, [length](const Feature& feature) {
        return std::any_of(feature.parts.begin(), feature.parts.end(),
                           [length](const auto& stretch) { return stretch.second > length; });
      });
      open = false;
    } else if (line->starts_with("FEATURES")) {
      part = Part::kFeatures;
      table.emplace(sequence);
    } else if (line->starts_with("ORIGIN")) {
      part = Part::kLetters;
    } else if (part == Part::kLetters) {
      lines.AppendLetters(*line, sequence.letters);
    } else if (part == Part::kFeatures && line->starts_with(' ')) {
      table->Line(*line);
    } else if (line->starts_with("DEFINITION")) {
      sequence.description = Trimmed(line->substr(10));
    } else if (line->starts_with("VERSION")) {
      const auto version = Trimmed(line->substr(7));
      sequence.id = version.substr(0, version.find(' '));
    }
  }
  if (open) throw lines.Corrupt("the // that ends an entry");
  return sequences;
}

}  // namespace isovox::align
