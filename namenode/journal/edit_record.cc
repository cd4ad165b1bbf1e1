#include "namenode/journal/edit_record.h"

namespace dfs::namenode {
namespace {

// By op code. 5 and 6 were DataNode ops, gone before edits had transaction ids.
constexpr std::string_view kNames[] = {
    "OP_ADD",
    "OP_RENAME_OLD",
    "OP_DELETE",
    "OP_MKDIR",
    "OP_SET_REPLICATION",
    "",
    "",
    "OP_SET_PERMISSIONS",
    "OP_SET_OWNER",
    "OP_CLOSE",
    "OP_SET_GENSTAMP_V1",
    "OP_SET_NS_QUOTA",
    "OP_CLEAR_NS_QUOTA",
    "OP_TIMES",
    "OP_SET_QUOTA",
    "OP_RENAME",
    "OP_CONCAT_DELETE",
    "OP_SYMLINK",
    "OP_GET_DELEGATION_TOKEN",
    "OP_RENEW_DELEGATION_TOKEN",
    "OP_CANCEL_DELEGATION_TOKEN",
    "OP_UPDATE_MASTER_KEY",
    "OP_REASSIGN_LEASE",
    "OP_END_LOG_SEGMENT",
    "OP_START_LOG_SEGMENT",
    "OP_UPDATE_BLOCKS",
    "OP_CREATE_SNAPSHOT",
    "OP_DELETE_SNAPSHOT",
    "OP_RENAME_SNAPSHOT",
    "OP_ALLOW_SNAPSHOT",
    "OP_DISALLOW_SNAPSHOT",
    "OP_SET_GENSTAMP_V2",
    "OP_ALLOCATE_BLOCK_ID",
    "OP_ADD_BLOCK",
    "OP_ADD_CACHE_DIRECTIVE",
    "OP_REMOVE_CACHE_DIRECTIVE",
    "OP_ADD_CACHE_POOL",
    "OP_MODIFY_CACHE_POOL",
    "OP_REMOVE_CACHE_POOL",
    "OP_MODIFY_CACHE_DIRECTIVE",
    "OP_SET_ACL",
    "OP_ROLLING_UPGRADE_START",
    "OP_ROLLING_UPGRADE_FINALIZE",
    "OP_SET_XATTR",
    "OP_REMOVE_XATTR",
    "OP_SET_STORAGE_POLICY",
    "OP_TRUNCATE",
    "OP_APPEND",
    "OP_SET_QUOTA_BY_STORAGETYPE",
    "OP_ADD_ERASURE_CODING_POLICY",
    "OP_ENABLE_ERASURE_CODING_POLICY",
    "OP_DISABLE_ERASURE_CODING_POLICY",
    "OP_REMOVE_ERASURE_CODING_POLICY",
};
static_assert(std::size(kNames) == size_t(OpCode::kRemoveErasureCodingPolicy) + 1);

}  // namespace

EditRecord::EditRecord() = default;
EditRecord::EditRecord(const EditRecord&) = default;
EditRecord::EditRecord(EditRecord&&) noexcept = default;
EditRecord& EditRecord::operator=(const EditRecord&) = default;
EditRecord& EditRecord::operator=(EditRecord&&) noexcept = default;
EditRecord::~EditRecord() = default;
bool EditRecord::operator==(const EditRecord& other) const {
  return static_cast<const AnyOp&>(*this) == static_cast<const AnyOp&>(other);
}

OpCode code_of(const EditRecord& record) {
  return std::visit([](const auto& op) { return op.kCode; }, record);
}

std::string_view name_of(OpCode code) {
  return size_t(code) < std::size(kNames) ? kNames[size_t(code)] : std::string_view("OP_INVALID");
}

const RpcIds* rpc_ids_of(const EditRecord& record) {
  return std::visit(
      [](const auto& op) -> const RpcIds* {
        if constexpr (requires { op.rpc; }) {
          return &op.rpc;
        } else {
          return nullptr;
        }
      },
      record);
}

}  // namespace dfs::namenode
