#include "namenode/journal/edit_reader.h"

#include <limits>

#include "proto/hadoop/editlog.pb.h"

namespace dfs::namenode {
namespace {

constexpr size_t kBlockBytes = 24;
constexpr size_t kCompactBlockBytesMin = 10;
constexpr size_t kKeyBytesMax = 1024 * 1024;  // DelegationKey.MAX_KEY_LEN

// Java's UTF8 class writes characters beyond the basic plane as two surrogates of three bytes each; names are kept as
// UTF-8, in which such a character is one sequence of four.
std::string join_surrogates(std::string_view text) {
  const auto unit = [&](size_t at, uint8_t least, uint8_t most) -> uint32_t {
    if (at + 3 > text.size() || uint8_t(text[at]) != 0xed) return 0;
    const auto second = uint8_t(text[at + 1]);
    const auto third = uint8_t(text[at + 2]);
    if (second < least || second > most || (third & 0xc0) != 0x80) return 0;
    return 0xd000u | (second & 0x3fu) << 6 | (third & 0x3fu);
  };
  std::string joined;
  joined.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const uint32_t high = unit(i, 0xa0, 0xaf);
    const uint32_t low = high ? unit(i + 3, 0xb0, 0xbf) : 0;
    if (low) {
      const uint32_t character = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
      joined.push_back(char(0xf0 | character >> 18));
      joined.push_back(char(0x80 | (character >> 12 & 0x3f)));
      joined.push_back(char(0x80 | (character >> 6 & 0x3f)));
      joined.push_back(char(0x80 | (character & 0x3f)));
      i += 6;
    } else {
      joined.push_back(text[i++]);
    }
  }
  return joined;
}

ExtendedAttribute from_proto(const hadoop::hdfs::XAttrProto& xattr) {
  return {.name_space = uint8_t(xattr.namespace_()), .name = xattr.name(), .value = xattr.value()};
}

}  // namespace

void EditReader::boolean(bool& value) {
  uint8_t byte = 0;
  u8(byte);
  value = byte != 0;
}

void EditReader::string(std::string& value) {
  if (auto read = take(in_.short_text())) {
    value = read->find('\xed') == read->npos ? std::string(*read) : join_surrogates(*read);
  }
}

void EditReader::text(std::string& value) {
  if (auto read = take(in_.text())) value = *read;
}

template <class T>
void EditReader::vlong(T& value) {
  auto read = take(in_.writable_vlong());
  if (!read) return;
  if (*read < std::numeric_limits<T>::min() || *read > std::numeric_limits<T>::max()) {
    return reject("a number is out of its range");
  }
  value = T(*read);
}

size_t EditReader::count_of(int64_t count, size_t bytes_each) {
  if (problem_) return 0;
  if (count < 0 || uint64_t(count) > in_.remaining() / bytes_each) {
    reject("it announces more elements than it has bytes for");
    return 0;
  }
  return size_t(count);
}

size_t EditReader::count(size_t bytes_each) {
  int32_t announced = 0;
  u32(announced);
  return count_of(announced, bytes_each);
}

template <class Message>
bool EditReader::delimited(Message& message) {
  auto length = take(in_.varint());
  if (!length) return false;
  auto bytes = take(in_.bytes(*length));
  if (!bytes) return false;
  if (bytes->size() > size_t(std::numeric_limits<int>::max()) ||
      !message.ParseFromArray(bytes->data(), int(bytes->size()))) {
    reject("its message does not parse");
    return false;
  }
  return true;
}

void EditReader::strings(std::vector<std::string>& values) {
  values.resize(count(2));
  for (std::string& value : values) string(value);
}

void EditReader::blocks(std::vector<EditBlock>& blocks) {
  blocks.resize(count(kBlockBytes));
  for (EditBlock& block : blocks) {
    u64(block.id);
    u64(block.num_bytes);
    u64(block.generation_stamp);
    if (int64_t(block.num_bytes) < 0) reject("a block has a negative length");
  }
}

void EditReader::compact_blocks(std::vector<EditBlock>& blocks) {
  int32_t announced = 0;
  vlong(announced);
  blocks.resize(count_of(announced, kCompactBlockBytesMin));
  EditBlock before{};
  for (EditBlock& block : blocks) {
    int64_t length = 0;
    int64_t stamp = 0;
    u64(block.id);
    vlong(length);
    vlong(stamp);
    block.num_bytes = before.num_bytes + uint64_t(length);
    block.generation_stamp = GenerationStamp(raw(before.generation_stamp) + uint64_t(stamp));
    if (int64_t(block.num_bytes) < 0) reject("a block has a negative length");
    before = block;
  }
}

void EditReader::last_two_blocks(std::optional<EditBlock>& penultimate, EditBlock& last) {
  std::vector<EditBlock> blocks;
  compact_blocks(blocks);
  if (blocks.empty() || blocks.size() > 2) return reject("it has neither one nor two blocks");
  if (blocks.size() == 2) penultimate = blocks.front();
  last = blocks.back();
}

void EditReader::at_most_one_block(std::optional<EditBlock>& block) {
  std::vector<EditBlock> blocks;
  compact_blocks(blocks);
  if (blocks.size() > 1) return reject("it has more than one block");
  if (!blocks.empty()) block = blocks.front();
}

void EditReader::permission_status(PermissionStatus& status) {
  text(status.user);
  text(status.group);
  u16(status.permission);
}

void EditReader::acl(std::vector<AclEntry>& entries) {
  entries.resize(count(1));
  for (AclEntry& entry : entries) {
    uint8_t bits = 0;
    u8(bits);
    entry.permission = bits & 7;
    entry.type = AclType(bits >> 3 & 3);
    entry.scope = AclScope(bits >> 5 & 1);
    if (bits >> 6 & 1) string(entry.name);
  }
}

void EditReader::acl_of(std::string& source, std::vector<AclEntry>& entries) {
  hadoop::hdfs::AclEditLogProto message;
  if (!delimited(message)) return;
  source = message.src();
  for (const auto& entry : message.entries()) {
    entries.push_back({.scope = AclScope(entry.scope()),
                       .type = AclType(entry.type()),
                       .name = entry.name(),
                       .permission = uint8_t(entry.permissions())});
  }
}

void EditReader::xattrs(std::vector<ExtendedAttribute>& xattrs) {
  std::string none;
  xattrs_of(none, xattrs);
}

void EditReader::xattrs_of(std::string& source, std::vector<ExtendedAttribute>& xattrs) {
  hadoop::hdfs::XAttrEditLogProto message;
  if (!delimited(message)) return;
  source = message.src();
  for (const auto& xattr : message.xattrs()) xattrs.push_back(from_proto(xattr));
}

void EditReader::rpc_ids(RpcIds& ids) {
  if (auto read = take(in_.short_text())) ids.client_id = *read;
  u32(ids.call_id);
}

void EditReader::rename_options(std::vector<RenameOption>& options) {
  options.resize(count(1));
  for (RenameOption& option : options) {
    u8(option);
    if (option > RenameOption::kToTrash) reject("an unknown rename option");
  }
}

void EditReader::token(DelegationToken& token) {
  uint8_t version = 0;
  u8(version);
  if (version != 0) return reject("an unknown version of a delegation token");
  text(token.owner);
  text(token.renewer);
  text(token.real_user);
  vlong(token.issue_date_ms);
  vlong(token.max_date_ms);
  vlong(token.sequence_number);
  vlong(token.master_key_id);
}

void EditReader::key(DelegationKey& key) {
  int32_t length = -1;
  vlong(key.key_id);
  vlong(key.expiry_date_ms);
  vlong(length);
  if (length == -1) return;
  if (length < 0 || size_t(length) > kKeyBytesMax) return reject("a delegation key of an impossible length");
  if (auto bytes = take(in_.bytes(size_t(length)))) key.key = as_text(*bytes);
}

void EditReader::cache_directive(CacheDirective& directive) {
  uint32_t flags = 0;
  u64(directive.id);
  u32(flags);
  if (flags & ~0xfu) return reject("unknown flags of a cache directive");
  if (flags & 1) string(directive.path.emplace());
  if (flags & 2) u16(directive.replication.emplace());
  if (flags & 4) string(directive.pool.emplace());
  if (flags & 8) u64(directive.expiration_ms.emplace());
}

void EditReader::cache_pool(CachePool& pool) {
  uint32_t flags = 0;
  string(pool.name);
  u32(flags);
  if (flags & ~0x3fu) return reject("unknown flags of a cache pool");
  if (flags & 1) string(pool.owner.emplace());
  if (flags & 2) string(pool.group.emplace());
  if (flags & 4) u16(pool.mode.emplace());
  if (flags & 8) u64(pool.limit_bytes.emplace());
  if (flags & 16) u64(pool.max_relative_expiry_ms.emplace());
  if (flags & 32) u16(pool.default_replication.emplace());
}

void EditReader::erasure_coding_policy(ErasureCodingPolicy& policy) {
  string(policy.codec);
  u32(policy.data_units);
  u32(policy.parity_units);
  u32(policy.cell_size_bytes);
  policy.extra_options.resize(count(4));
  for (auto& [name, value] : policy.extra_options) {
    string(name);
    string(value);
  }
}

}  // namespace dfs::namenode
