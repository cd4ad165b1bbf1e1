#include <fmt/format.h>

#include "namenode/namespace/operations/attributes.h"
#include "namenode/namespace/operations/extended_attributes.h"
#include "namenode/namespace/operations/tree.h"
#include "namenode/service/client_methods.h"

namespace dfs::namenode {

using namespace hadoop::hdfs;

namespace {

ExtendedAttribute extended_attribute(const XAttrProto& xattr) {
  return {.name_space = uint8_t(xattr.namespace_()), .name = xattr.name(), .value = xattr.value()};
}

}  // namespace

void ClientMutations::add_to(rpc::MethodTable& table) {
  table.add("mkdirs", this, &ClientMutations::mkdirs);
  table.add("delete", this, &ClientMutations::remove);
  table.add("rename", this, &ClientMutations::rename);
  table.add("rename2", this, &ClientMutations::rename2);
  table.add("createSymlink", this, &ClientMutations::create_symlink);
  table.add("concat", this, &ClientMutations::concat);
  table.add("setPermission", this, &ClientMutations::set_permission);
  table.add("setOwner", this, &ClientMutations::set_owner);
  table.add("setTimes", this, &ClientMutations::set_times);
  table.add("setReplication", this, &ClientMutations::set_replication);
  table.add("setStoragePolicy", this, &ClientMutations::set_storage_policy);
  table.add("unsetStoragePolicy", this, &ClientMutations::unset_storage_policy);
  table.add("setXAttr", this, &ClientMutations::set_xattr);
  table.add("removeXAttr", this, &ClientMutations::remove_xattr);
}

Later<Result<MkdirsResponseProto>> ClientMutations::mkdirs(const MkdirsRequestProto& request, const Context& context) {
  operations::Mkdirs op{.path = request.src(),
                        .permission = uint16_t(request.masked().perm() & 01777),
                        .unmasked = unmasked_mode(request),
                        .create_parent = request.createparent()};
  DFS_CO_TRY(bool made, access_.audit_change(
                            co_await access_.write(caller_of(access_, context), &operations::mkdirs, std::move(op)),
                            context, "mkdirs", request.src()));
  MkdirsResponseProto response;
  response.set_result(made);
  co_return response;
}

Later<Result<DeleteResponseProto>> ClientMutations::remove(const DeleteRequestProto& request, const Context& context) {
  operations::Delete op{.path = request.src(), .recursive = request.recursive()};
  Result<bool> removed = co_await access_.write(caller_of(access_, context), &operations::remove, std::move(op));
  // What was not there counts as refused.
  if (removed && !*removed) {
    (void)access_.audit().of(Result<bool>(fail(ErrorCode::kAccessControl, "")), context, "delete", request.src());
  } else {
    removed = access_.audit().of(std::move(removed), context, "delete", request.src());
  }
  if (!removed) co_return fail(std::move(removed).error());
  DeleteResponseProto response;
  response.set_result(*removed);
  co_return response;
}

Later<Result<RenameResponseProto>> ClientMutations::rename(const RenameRequestProto& request, const Context& context) {
  operations::Rename op{.source = request.src(), .destination = request.dst()};
  Result<bool> renamed = co_await access_.write(caller_of(access_, context), &operations::rename_old, std::move(op));
  // One that was refused without a reason leaves no line.
  if (!renamed || *renamed) {
    renamed = access_.audit_change(std::move(renamed), context, "rename", request.src(), request.dst(), request.dst());
  }
  if (!renamed) co_return fail(std::move(renamed).error());
  RenameResponseProto response;
  response.set_result(*renamed);
  co_return response;
}

Later<Result<Rename2ResponseProto>> ClientMutations::rename2(const Rename2RequestProto& request,
                                                             const Context& context) {
  operations::RenameWithOptions op{.source = request.src(),
                                   .destination = request.dst(),
                                   .overwrite = request.overwritedest(),
                                   .to_trash = request.movetotrash()};
  const std::string_view options = op.overwrite  ? op.to_trash ? "OVERWRITE, TO_TRASH" : "OVERWRITE"
                                   : op.to_trash ? "TO_TRASH"
                                                 : "NONE";
  const std::string command = fmt::format("rename (options=[{}])", options);
  DFS_CO_TRY_OK(
      access_.audit_change(co_await access_.write(caller_of(access_, context), &operations::rename, std::move(op)),
                           context, command, request.src(), request.dst(), request.dst()));
  co_return Rename2ResponseProto();
}

Later<Result<CreateSymlinkResponseProto>> ClientMutations::create_symlink(const CreateSymlinkRequestProto& request,
                                                                          const Context& context) {
  operations::CreateSymlink op{
      .target = request.target(), .link = request.link(), .create_parent = request.createparent()};
  DFS_CO_TRY_OK(access_.audit_change(
      co_await access_.write(caller_of(access_, context), &operations::create_symlink, std::move(op)), context,
      "createSymlink", request.link(), request.target(), request.link()));
  co_return CreateSymlinkResponseProto();
}

Later<Result<ConcatResponseProto>> ClientMutations::concat(const ConcatRequestProto& request, const Context& context) {
  const std::string sources = fmt::format("[{}]", fmt::join(request.srcs(), ", "));
  operations::Concat op{.target = request.trg(), .sources = {request.srcs().begin(), request.srcs().end()}};
  DFS_CO_TRY_OK(
      access_.audit_change(co_await access_.write(caller_of(access_, context), &operations::concat, std::move(op)),
                           context, "concat", sources, request.trg(), request.trg()));
  co_return ConcatResponseProto();
}

Later<Result<SetPermissionResponseProto>> ClientMutations::set_permission(const SetPermissionRequestProto& request,
                                                                          const Context& context) {
  operations::SetPermission op{.path = request.src(), .permission = uint16_t(request.permission().perm() & 01777)};
  DFS_CO_TRY_OK(access_.audit_change(
      co_await access_.write(caller_of(access_, context), &operations::set_permission, std::move(op)), context,
      "setPermission", request.src()));
  co_return SetPermissionResponseProto();
}

Later<Result<SetOwnerResponseProto>> ClientMutations::set_owner(const SetOwnerRequestProto& request,
                                                                const Context& context) {
  operations::SetOwner op{.path = request.src()};
  if (request.has_username() && !request.username().empty()) op.user = request.username();
  if (request.has_groupname() && !request.groupname().empty()) op.group = request.groupname();
  DFS_CO_TRY_OK(
      access_.audit_change(co_await access_.write(caller_of(access_, context), &operations::set_owner, std::move(op)),
                           context, "setOwner", request.src()));
  co_return SetOwnerResponseProto();
}

Later<Result<SetTimesResponseProto>> ClientMutations::set_times(const SetTimesRequestProto& request,
                                                                const Context& context) {
  operations::SetTimes op{.path = request.src(),
                          .modification_time_ms = int64_t(request.mtime()),
                          .access_time_ms = int64_t(request.atime())};
  DFS_CO_TRY_OK(
      access_.audit_change(co_await access_.write(caller_of(access_, context), &operations::set_times, std::move(op)),
                           context, "setTimes", request.src()));
  co_return SetTimesResponseProto();
}

Later<Result<SetReplicationResponseProto>> ClientMutations::set_replication(const SetReplicationRequestProto& request,
                                                                            const Context& context) {
  operations::SetReplication op{.path = request.src(), .replication = uint16_t(request.replication())};
  Result<bool> changed =
      co_await access_.write(caller_of(access_, context), &operations::set_replication, std::move(op));
  if (!changed || *changed) {
    changed = access_.audit().of(std::move(changed), context, "setReplication", request.src());
  }
  if (!changed) co_return fail(std::move(changed).error());
  SetReplicationResponseProto response;
  response.set_result(*changed);
  co_return response;
}

Later<Result<SetStoragePolicyResponseProto>> ClientMutations::set_storage_policy(
    const SetStoragePolicyRequestProto& request, const Context& context) {
  operations::SetStoragePolicy op{.path = request.src(), .policy = request.policyname()};
  DFS_CO_TRY_OK(access_.audit_change(
      co_await access_.write(caller_of(access_, context), &operations::set_storage_policy, std::move(op)), context,
      "setStoragePolicy", request.src()));
  co_return SetStoragePolicyResponseProto();
}

Later<Result<UnsetStoragePolicyResponseProto>> ClientMutations::unset_storage_policy(
    const UnsetStoragePolicyRequestProto& request, const Context& context) {
  operations::SetStoragePolicy op{.path = request.src()};
  DFS_CO_TRY_OK(access_.audit_change(
      co_await access_.write(caller_of(access_, context), &operations::set_storage_policy, std::move(op)), context,
      "unsetStoragePolicy", request.src()));
  co_return UnsetStoragePolicyResponseProto();
}

Later<Result<SetXAttrResponseProto>> ClientMutations::set_xattr(const SetXAttrRequestProto& request,
                                                                const Context& context) {
  operations::SetXattr op{.path = request.src(),
                          .xattr = extended_attribute(request.xattr()),
                          .has_value = request.xattr().has_value(),
                          .create = (request.flag() & XATTR_CREATE) != 0,
                          .replace = (request.flag() & XATTR_REPLACE) != 0};
  DFS_CO_TRY_OK(
      access_.audit_change(co_await access_.write(caller_of(access_, context), &operations::set_xattr, std::move(op)),
                           context, "setXAttr", request.src()));
  co_return SetXAttrResponseProto();
}

Later<Result<RemoveXAttrResponseProto>> ClientMutations::remove_xattr(const RemoveXAttrRequestProto& request,
                                                                      const Context& context) {
  operations::RemoveXattr op{
      .path = request.src(), .xattr = extended_attribute(request.xattr()), .has_value = request.xattr().has_value()};
  DFS_CO_TRY_OK(access_.audit_change(
      co_await access_.write(caller_of(access_, context), &operations::remove_xattr, std::move(op)), context,
      "removeXAttr", request.src()));
  co_return RemoveXAttrResponseProto();
}

}  // namespace dfs::namenode
