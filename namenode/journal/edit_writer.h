#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/journal/edit_record.h"
#include "proto/base/bytes.h"

namespace dfs::namenode {

// The archive of edit_fields.h that writes. The first thing that cannot be written is kept as `problem`; what follows
// is then worthless.
class EditWriter {
 public:
  explicit EditWriter(std::string& out) : out_(out) {}

  const std::optional<std::string>& problem() const { return problem_; }

  template <class T>
  void u8(T value) {
    out_.u8(uint8_t(value));
  }
  template <class T>
  void u16(T value) {
    out_.u16(uint16_t(value));
  }
  template <class T>
  void u32(T value) {
    out_.u32(uint32_t(value));
  }
  template <class T>
  void u64(T value) {
    out_.u64(uint64_t(value));
  }
  void unused_u64(uint64_t value) { out_.u64(value); }
  void boolean(bool value) { out_.u8(value ? 1 : 0); }
  void string(std::string_view value);
  void strings(const std::vector<std::string>& values);
  void blocks(const std::vector<EditBlock>& blocks);
  void compact_blocks(std::span<const EditBlock> blocks);
  void last_two_blocks(const std::optional<EditBlock>& penultimate, const EditBlock& last);
  void at_most_one_block(const std::optional<EditBlock>& block);
  void permission_status(const PermissionStatus& status);
  void acl(const std::vector<AclEntry>& entries);
  void acl_of(const std::string& source, const std::vector<AclEntry>& entries);
  void xattrs(const std::vector<ExtendedAttribute>& xattrs) { write_xattrs(nullptr, xattrs); }
  void xattrs_of(const std::string& source, const std::vector<ExtendedAttribute>& xattrs) {
    write_xattrs(&source, xattrs);
  }
  void rpc_ids(const RpcIds& ids);
  void rename_options(const std::vector<RenameOption>& options);
  void token(const DelegationToken& token);
  void key(const DelegationKey& key);
  void cache_directive(const CacheDirective& directive);
  void cache_pool(const CachePool& pool);
  void erasure_coding_policy(const ErasureCodingPolicy& policy);

 private:
  void text(std::string_view value);
  void delimited(std::string_view message);
  void write_xattrs(const std::string* source, const std::vector<ExtendedAttribute>& xattrs);
  void reject(std::string problem) {
    if (!problem_) problem_ = std::move(problem);
  }

  ByteWriter out_;
  std::optional<std::string> problem_;
};

}  // namespace dfs::namenode
