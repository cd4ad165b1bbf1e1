#pragma once

#include <random>

#include "namenode/journal/edit_fields.h"
#include "namenode/journal/edit_record.h"

namespace dfs::namenode {

// An archive of edit_fields.h that makes up what it visits, within what an op may hold.
class RandomFields {
 public:
  explicit RandomFields(std::mt19937_64& random) : random_(random) {}

  template <class T>
  void u8(T& value) {
    value = T(random_());
  }
  template <class T>
  void u16(T& value) {
    value = T(random_());
  }
  template <class T>
  void u32(T& value) {
    value = T(random_());
  }
  template <class T>
  void u64(T& value) {
    value = T(random_());
  }
  void unused_u64(uint64_t) {}
  void boolean(bool& value) { value = random_() % 2; }
  void string(std::string& value) {
    static constexpr std::string_view kPieces[] = {
        "/", "a", "name with spaces", "\xc3\xa9", "\xe6\x97\xa5", "\xf0\x9f\x90\x98", "<&>\"'"};
    value.clear();
    for (size_t i = random_() % 6; i > 0; --i) value += kPieces[random_() % std::size(kPieces)];
  }
  void strings(std::vector<std::string>& values) {
    values.resize(random_() % 4);
    for (auto& value : values) string(value);
  }
  void block(EditBlock& block) {
    block = {.id = BlockId(random_()),
             .num_bytes = random_() >> (1 + random_() % 62),
             .generation_stamp = GenerationStamp(random_() % 2000)};
  }
  void blocks(std::vector<EditBlock>& blocks) {
    blocks.resize(random_() % 5);
    for (auto& each : blocks) block(each);
  }
  void compact_blocks(std::vector<EditBlock>& to) { blocks(to); }
  void last_two_blocks(std::optional<EditBlock>& penultimate, EditBlock& last) {
    at_most_one_block(penultimate);
    block(last);
  }
  void at_most_one_block(std::optional<EditBlock>& to) {
    if (random_() % 2) block(to.emplace());
  }
  void permission_status(PermissionStatus& status) {
    string(status.user);
    string(status.group);
    status.permission = random_() % 01000;
  }
  void acl(std::vector<AclEntry>& entries) {
    entries.resize(random_() % 4);
    for (auto& entry : entries) {
      entry.scope = AclScope(random_() % 2);
      entry.type = AclType(random_() % 4);
      string(entry.name);
      entry.permission = random_() % 8;
    }
  }
  void acl_of(std::string& source, std::vector<AclEntry>& entries) {
    string(source);
    acl(entries);
  }
  void xattrs(std::vector<ExtendedAttribute>& xattrs) {
    xattrs.resize(random_() % 3);
    for (auto& xattr : xattrs) {
      xattr.name_space = random_() % 5;
      string(xattr.name);
      xattr.value = std::string("\0\xff", random_() % 3);
    }
  }
  void xattrs_of(std::string& source, std::vector<ExtendedAttribute>& to) {
    string(source);
    xattrs(to);
  }
  void rpc_ids(RpcIds& ids) {
    if (random_() % 4 == 0) return;
    ids.client_id.assign(16, '\0');
    for (char& c : ids.client_id) c = char(random_());
    ids.call_id = int32_t(random_() >> 33);
  }
  void rename_options(std::vector<RenameOption>& options) {
    options.resize(random_() % 3);
    for (auto& option : options) option = RenameOption(random_() % 3);
  }
  void token(DelegationToken& token) {
    string(token.owner);
    string(token.renewer);
    string(token.real_user);
    token.issue_date_ms = int64_t(random_());
    token.max_date_ms = int64_t(random_());
    token.sequence_number = int32_t(random_());
    token.master_key_id = int32_t(random_());
  }
  void key(DelegationKey& key) {
    key.key_id = int32_t(random_());
    key.expiry_date_ms = int64_t(random_());
    if (random_() % 2) key.key = std::string("\x01\0\x02", 3);
  }
  void cache_directive(CacheDirective& directive) {
    directive.id = int64_t(random_());
    if (random_() % 2) directive.path = "/cached";
    if (random_() % 2) directive.replication = 2;
    if (random_() % 2) directive.pool = "pool";
    if (random_() % 2) directive.expiration_ms = int64_t(random_());
  }
  void cache_pool(CachePool& pool) {
    string(pool.name);
    if (random_() % 2) string(pool.owner.emplace());
    if (random_() % 2) string(pool.group.emplace());
    if (random_() % 2) pool.mode = 0755;
    if (random_() % 2) pool.limit_bytes = int64_t(random_());
    if (random_() % 2) pool.max_relative_expiry_ms = 5;
    if (random_() % 2) pool.default_replication = 3;
  }
  void erasure_coding_policy(ErasureCodingPolicy& policy) {
    policy = {.codec = "rs", .data_units = 6, .parity_units = 3, .cell_size_bytes = 1 << 20};
    if (random_() % 2) policy.extra_options = {{"k", "v"}, {"l", ""}};
  }

 private:
  std::mt19937_64& random_;
};

template <size_t I = 0>
EditRecord random_record(size_t alternative, std::mt19937_64& random) {
  if constexpr (I < std::variant_size_v<AnyOp>) {
    if (I != alternative) return random_record<I + 1>(alternative, random);
    std::variant_alternative_t<I, AnyOp> op;
    RandomFields filler(random);
    edit_fields::fields(filler, op);
    return op;
  } else {
    return StartLogSegmentOp{};
  }
}

inline constexpr size_t kOpCount = std::variant_size_v<AnyOp>;

inline bool is_writable(const EditRecord& record) {
  return !std::holds_alternative<SetNsQuotaOp>(record) && !std::holds_alternative<ClearNsQuotaOp>(record);
}

}  // namespace dfs::namenode
