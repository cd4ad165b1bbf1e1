#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/journal/edit_record.h"
#include "proto/base/bytes.h"

namespace dfs::namenode {

// The archive of edit_fields.h that reads the body of one op. Bytes are hostile: what a count announces is checked
// against what is there before anything is allocated. The first problem is kept; what is read after it is worthless.
class EditReader {
 public:
  explicit EditReader(ByteView body) : in_(body) {}

  // Nothing if all of the body was read and made sense.
  std::optional<std::string> problem() const {
    if (!problem_ && in_.remaining() > 0) return "bytes follow its last field";
    return problem_;
  }

  template <class T>
  void u8(T& value) {
    if (auto read = take(in_.u8())) value = T(*read);
  }
  template <class T>
  void u16(T& value) {
    if (auto read = take(in_.u16())) value = T(*read);
  }
  template <class T>
  void u32(T& value) {
    if (auto read = take(in_.u32())) value = T(*read);
  }
  template <class T>
  void u64(T& value) {
    if (auto read = take(in_.u64())) value = T(*read);
  }
  void unused_u64(uint64_t) { take(in_.u64()); }
  void boolean(bool& value);
  void string(std::string& value);
  void strings(std::vector<std::string>& values);
  void blocks(std::vector<EditBlock>& blocks);
  void compact_blocks(std::vector<EditBlock>& blocks);
  void last_two_blocks(std::optional<EditBlock>& penultimate, EditBlock& last);
  void at_most_one_block(std::optional<EditBlock>& block);
  void permission_status(PermissionStatus& status);
  void acl(std::vector<AclEntry>& entries);
  void acl_of(std::string& source, std::vector<AclEntry>& entries);
  void xattrs(std::vector<ExtendedAttribute>& xattrs);
  void xattrs_of(std::string& source, std::vector<ExtendedAttribute>& xattrs);
  void rpc_ids(RpcIds& ids);
  void rename_options(std::vector<RenameOption>& options);
  void token(DelegationToken& token);
  void key(DelegationKey& key);
  void cache_directive(CacheDirective& directive);
  void cache_pool(CachePool& pool);
  void erasure_coding_policy(ErasureCodingPolicy& policy);

 private:
  template <class T>
  std::optional<T> take(Result<T> read) {
    if (problem_) return std::nullopt;
    if (read) return *std::move(read);
    problem_ = read.error().message();
    return std::nullopt;
  }
  void reject(std::string_view problem) {
    if (!problem_) problem_ = problem;
  }
  void text(std::string& value);
  template <class T>
  void vlong(T& value);
  // A count of things that take at least `bytes_each`; 0 after a problem.
  size_t count(size_t bytes_each);
  size_t count_of(int64_t count, size_t bytes_each);
  template <class Message>
  bool delimited(Message& message);

  ByteReader in_;
  std::optional<std::string> problem_;
};

}  // namespace dfs::namenode
