#pragma once

#include <string>
#include <string_view>

#include "namenode/namespace/inode_path.h"
#include "namenode/namespace/plan.h"
#include "namenode/namespace/settings.h"

// What several operations check before they decide, with Hadoop's exceptions and texts.
namespace dfs::namenode {

// kSafeMode "`what`. Name node is in safe mode..." while it is (FSNamesystem.checkNameNodeSafeMode).
Result<void> check_not_in_safe_mode(const PlanContext& context, std::string_view what);
// `reason`: DatanodeView::safe_mode_reason, not empty.
Error in_safe_mode(const NamespaceSettings& settings, std::string_view what, std::string_view reason);
// kIo "`operation`: Pathname too long.  Limit 8000 characters, 1000 levels."
Result<void> check_path_length(std::string_view operation, std::string_view path);
// kAcl where dfs.namenode.acls.enabled says so (FSDirAclOp.checkAclsConfigFlag).
Result<void> check_acls_enabled(const NamespaceSettings& settings);
// kHadoopInvalidArgument unless the policy is enabled (FSDirErasureCodingOp.getEnabledErasureCodingPolicyByName).
Result<void> check_erasure_coding_policy(std::string_view name);
Result<void> check_object_limit(const PlanContext& context);
// FSDirectory.verifyMaxComponentLength and verifyINodeName
Result<void> check_name_length(const NamespaceSettings& settings, std::string_view parent_path, std::string_view name);
Result<void> check_not_dot_snapshot(std::string_view name);
// Of the name of the path below a position that is to be added to `parent`, which is or will be there: its length, that
// it is not reserved, and the room in the directory.
Result<void> check_new_name(const NamespaceSettings& settings, const InodePath& path, size_t position,
                            const InodeRow& parent);
// The same for a rename: length, and the room where the directory is another.
Result<void> check_renamed(const NamespaceSettings& settings, const InodePath& source, const InodePath& destination);
// FSDirectory.verifyParentDir
Result<void> check_parent(const InodePath& path);
// BlockManager.verifyReplication. `client`: empty where Hadoop does not say who asked.
Result<void> check_replication(const NamespaceSettings& settings, std::string_view path, uint16_t replication,
                               std::string_view client);
// INodeFile.valueOf: kFileNotFound unless the path leads to a file.
Result<InodeRow> require_file(const InodePath& path, std::string_view named);

// An open file and who has it.
struct OpenFile {
  InodeRow inode;
  OpenFileRow open;
};
Result<OpenFileRow> open_row_of(const View& view, InodeId file);
// kLeaseExpired unless `holder` has the file open (FSNamesystem.checkLease).
Result<OpenFile> check_lease(const PlanContext& context, const InodePath& path, std::string_view holder, InodeId file);

// Who called, for the records of operations that are carried out at most once.
RpcIds rpc_ids(const Caller& caller);

}  // namespace dfs::namenode
