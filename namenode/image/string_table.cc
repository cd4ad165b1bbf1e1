#include "namenode/image/string_table.h"

#include <fmt/format.h>

#include "proto/hadoop/fsimage.pb.h"

namespace dfs::namenode {
namespace {

using hadoop::hdfs::fsimage::StringTableSection;

constexpr uint32_t kKindBits = 3;

uint32_t with_kind(NameKind kind, uint32_t number, uint32_t bits) {
  return bits == 0 ? number : number | uint32_t(kind) << (32 - bits);
}

}  // namespace

Result<ImageNames> ImageNames::read(ImageSection& section) {
  ImageNames names;
  StringTableSection head;
  DFS_TRY_OK(section.require(head));
  names.kind_bits_ = head.maskbits();
  if (names.kind_bits_ != 0 && names.kind_bits_ != kKindBits) {
    return fail(ErrorCode::kCorruptFormat, fmt::format("the string table has {} mask bits", names.kind_bits_));
  }
  for (uint32_t i = 0; i < head.numentry(); ++i) {
    StringTableSection::Entry entry;
    DFS_TRY_OK(section.require(entry));
    names.names_[entry.id()] = entry.str();
  }
  return names;
}

Result<std::string> ImageNames::name(NameKind kind, uint32_t number) const {
  if (number == 0) return std::string();
  auto found = names_.find(with_kind(kind, number, kind_bits_));
  if (found == names_.end()) {
    return fail(ErrorCode::kCorruptFormat,
                fmt::format("the string table has no number {} of kind {}", number, int(kind)));
  }
  return found->second;
}

Result<uint32_t> ImageNumbers::number(NameKind kind, const std::string& name) {
  if (name.empty()) return 0;
  Kind& of_kind = kinds_[size_t(kind)];
  auto [found, is_new] = of_kind.numbers.try_emplace(name, uint32_t(of_kind.names.size() + 1));
  if (!is_new) return found->second;
  if (found->second > kNameNumberMax) {
    return fail(ErrorCode::kUnsupported, "an image has no room for more than 16 million users, groups or attributes");
  }
  of_kind.names.push_back(&found->first);
  return found->second;
}

Result<void> ImageNumbers::write(ImageWriter& image) const {
  StringTableSection head;
  size_t count = 0;
  for (const Kind& kind : kinds_) count += kind.names.size();
  head.set_numentry(uint32_t(count));
  head.set_maskbits(kKindBits);
  DFS_TRY_OK(image.put(head));
  for (size_t kind = 0; kind < kinds_.size(); ++kind) {
    for (size_t i = 0; i < kinds_[kind].names.size(); ++i) {
      StringTableSection::Entry entry;
      entry.set_id(with_kind(NameKind(kind), uint32_t(i + 1), kKindBits));
      entry.set_str(*kinds_[kind].names[i]);
      DFS_TRY_OK(image.put(entry));
    }
  }
  return image.end_section("STRING_TABLE");
}

}  // namespace dfs::namenode
