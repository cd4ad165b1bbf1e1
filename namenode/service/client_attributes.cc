#include "namenode/namespace/acl.h"
#include "namenode/namespace/operations/acls.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/quotas.h"
#include "namenode/service/client_methods.h"

namespace dfs::namenode {

using namespace hadoop::hdfs;

namespace {

template <class Request>
Acl acl_of(const Request& request) {
  Acl acl;
  for (const AclEntryProto& entry : request.aclspec()) {
    acl.push_back({.scope = AclScope(entry.scope()),
                   .type = AclType(entry.type()),
                   .name = entry.name(),
                   .permission = uint8_t(entry.permissions())});
  }
  return acl;
}

void to_proto(const AclEntry& entry, AclEntryProto& out) {
  out.set_type(AclEntryProto::AclEntryTypeProto(entry.type));
  out.set_scope(AclEntryProto::AclEntryScopeProto(entry.scope));
  out.set_permissions(AclEntryProto::FsActionProto(entry.permission & 7));
  if (!entry.name.empty()) out.set_name(entry.name);
}

// StorageTypeProto's numbers as Java's ordinals.
uint8_t ordinal_of(StorageTypeProto type) {
  switch (type) {
    case RAM_DISK:
      return 0;
    case SSD:
      return 1;
    case DISK:
      return 2;
    case ARCHIVE:
      return 3;
    case PROVIDED:
      return 4;
    case NVDIMM:
      return 5;
  }
  return 2;
}

}  // namespace

void ClientAttributes::add_to(rpc::MethodTable& table) {
  table.add("getAclStatus", this, &ClientAttributes::get_acl_status);
  table.add("modifyAclEntries", this, &ClientAttributes::modify_acl_entries);
  table.add("removeAclEntries", this, &ClientAttributes::remove_acl_entries);
  table.add("removeDefaultAcl", this, &ClientAttributes::remove_default_acl);
  table.add("removeAcl", this, &ClientAttributes::remove_acl);
  table.add("setAcl", this, &ClientAttributes::set_acl);
  table.add("setQuota", this, &ClientAttributes::set_quota);
}

Result<GetAclStatusResponseProto> ClientAttributes::get_acl_status(const GetAclStatusRequestProto& request,
                                                                   const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY_OK(check_acls_enabled(reading.settings));
  DFS_TRY(InodeRow inode, access_.audit().of(find_readable(reading.query(), request.src(), std::nullopt), context,
                                             "getAclStatus", request.src()));
  DFS_TRY(std::vector<AclEntry> entries, decode_acl(inode.acl));
  GetAclStatusResponseProto response;
  AclStatusProto& status = *response.mutable_result();
  status.set_owner(inode.owner);
  status.set_group(inode.group);
  status.set_sticky((inode.permission & 01000) != 0);
  status.mutable_permission()->set_perm(inode.permission);
  for (const AclEntry& entry : entries) to_proto(entry, *status.add_entries());
  return response;
}

Later<Result<ModifyAclEntriesResponseProto>> ClientAttributes::modify_acl_entries(
    const ModifyAclEntriesRequestProto& request, const Context& context) {
  operations::ModifyAclEntries op{.path = request.src(), .entries = acl_of(request)};
  DFS_CO_TRY_OK(access_.audit_change(
      co_await access_.write(caller_of(access_, context), &operations::modify_acl_entries, std::move(op)), context,
      "modifyAclEntries", request.src()));
  co_return ModifyAclEntriesResponseProto();
}

Later<Result<RemoveAclEntriesResponseProto>> ClientAttributes::remove_acl_entries(
    const RemoveAclEntriesRequestProto& request, const Context& context) {
  operations::RemoveAclEntries op{.path = request.src(), .entries = acl_of(request)};
  DFS_CO_TRY_OK(access_.audit_change(
      co_await access_.write(caller_of(access_, context), &operations::remove_acl_entries, std::move(op)), context,
      "removeAclEntries", request.src()));
  co_return RemoveAclEntriesResponseProto();
}

Later<Result<RemoveDefaultAclResponseProto>> ClientAttributes::remove_default_acl(
    const RemoveDefaultAclRequestProto& request, const Context& context) {
  operations::RemoveDefaultAcl op{.path = request.src()};
  DFS_CO_TRY_OK(access_.audit_change(
      co_await access_.write(caller_of(access_, context), &operations::remove_default_acl, std::move(op)), context,
      "removeDefaultAcl", request.src()));
  co_return RemoveDefaultAclResponseProto();
}

Later<Result<RemoveAclResponseProto>> ClientAttributes::remove_acl(const RemoveAclRequestProto& request,
                                                                   const Context& context) {
  operations::RemoveAcl op{.path = request.src()};
  DFS_CO_TRY_OK(
      access_.audit_change(co_await access_.write(caller_of(access_, context), &operations::remove_acl, std::move(op)),
                           context, "removeAcl", request.src()));
  co_return RemoveAclResponseProto();
}

Later<Result<SetAclResponseProto>> ClientAttributes::set_acl(const SetAclRequestProto& request,
                                                             const Context& context) {
  operations::SetAcl op{.path = request.src(), .entries = acl_of(request)};
  DFS_CO_TRY_OK(
      access_.audit_change(co_await access_.write(caller_of(access_, context), &operations::set_acl, std::move(op)),
                           context, "setAcl", request.src()));
  co_return SetAclResponseProto();
}

Later<Result<SetQuotaResponseProto>> ClientAttributes::set_quota(const SetQuotaRequestProto& request,
                                                                 const Context& context) {
  operations::SetQuota op{.path = request.path(),
                          .namespace_quota = int64_t(request.namespacequota()),
                          .storage_space_quota = int64_t(request.storagespacequota())};
  if (request.has_storagetype()) op.storage_type = ordinal_of(request.storagetype());
  const std::string_view command = name_of(op);
  DFS_CO_TRY_OK(
      access_.audit().of(co_await access_.write(caller_of(access_, context), &operations::set_quota, std::move(op)),
                         context, command, request.path()));
  co_return SetQuotaResponseProto();
}

}  // namespace dfs::namenode
