#include "namenode/service/client_protocol.h"

#include "namenode/service/client_methods.h"
#include "proto/base/event_loop.h"
#include "proto/hadoop/GetUserMappingsProtocol.pb.h"
#include "proto/hadoop/RefreshUserMappingsProtocol.pb.h"

namespace dfs::namenode {

Result<void> require_superuser(const NamespaceAccess& access, const rpc::CallContext& context,
                               std::string_view operation) {
  // Where permissions are not enforced, everybody administers (FSNamesystem.checkSuperuserPrivilege).
  if (!access.settings().permissions_enabled) return {};
  NamespaceAccess::Reading reading = read(access, context);
  return reading.query().permissions().check_superuser(operation);
}

Result<void> refuse_in_safe_mode(const NamespaceAccess& access, std::string_view what) {
  std::shared_ptr<const DatanodeView> view = access.blocks().datanodes();
  if (view->safe_mode_reason.empty()) return {};
  return fail(in_safe_mode(access.settings(), what, view->safe_mode_reason));
}

struct ClientProtocol::Methods {
  Methods(NamespaceAccess& access, Administration& administrator)
      : reads(access),
        mutations(access),
        attributes(access),
        writes(access),
        snapshots(access),
        erasure_coding(access),
        administration(access, administrator),
        events(access, administrator),
        absent_features(access) {
    long_reads.start();
    reads.add_to(table, long_reads.executor());
    mutations.add_to(table);
    attributes.add_to(table);
    writes.add_to(table);
    snapshots.add_to(table, long_reads.executor());
    erasure_coding.add_to(table);
    administration.add_to(table);
    events.add_to(table);
    absent_features.add_to(table);
  }
  ~Methods() { long_reads.stop(); }

  EventLoop long_reads{"long-reads"};
  ClientReads reads;
  ClientMutations mutations;
  ClientAttributes attributes;
  ClientWrites writes;
  ClientSnapshots snapshots;
  ClientErasureCoding erasure_coding;
  ClientAdministration administration;
  ClientEvents events;
  ClientAbsentFeatures absent_features;
  rpc::MethodTable table;
};

ClientProtocol::ClientProtocol(NamespaceAccess& access, Administration& administration)
    : methods_(std::make_unique<Methods>(access, administration)) {}
ClientProtocol::~ClientProtocol() = default;
rpc::Reply ClientProtocol::call(std::string_view method, ByteView request, const rpc::CallContext& context) {
  return methods_->table.call(method, request, context);
}

uint64_t ClientProtocol::calls(std::string_view method) const {
  return methods_->table.calls(method);
}

struct RefreshUserMappingsProtocol::Methods {
  Methods(NamespaceAccess& to, Administration& administrator) : access(to), administration(administrator) {
    table.add("refreshUserToGroupsMappings", this, &Methods::refresh_groups);
    table.add("refreshSuperUserGroupsConfiguration", this, &Methods::refresh_proxies);
  }
  Result<hadoop::common::RefreshUserToGroupsMappingsResponseProto> refresh_groups(
      const hadoop::common::RefreshUserToGroupsMappingsRequestProto&, const rpc::CallContext&) {
    access.groups().refresh();
    return hadoop::common::RefreshUserToGroupsMappingsResponseProto();
  }
  Result<hadoop::common::RefreshSuperUserGroupsConfigurationResponseProto> refresh_proxies(
      const hadoop::common::RefreshSuperUserGroupsConfigurationRequestProto&, const rpc::CallContext&) {
    DFS_TRY_OK(administration.refresh_proxy_users());
    return hadoop::common::RefreshSuperUserGroupsConfigurationResponseProto();
  }
  NamespaceAccess& access;
  Administration& administration;
  rpc::MethodTable table;
};

RefreshUserMappingsProtocol::RefreshUserMappingsProtocol(NamespaceAccess& access, Administration& administration)
    : methods_(std::make_unique<Methods>(access, administration)) {}
RefreshUserMappingsProtocol::~RefreshUserMappingsProtocol() = default;
rpc::Reply RefreshUserMappingsProtocol::call(std::string_view method, ByteView request,
                                             const rpc::CallContext& context) {
  return methods_->table.call(method, request, context);
}

struct GetUserMappingsProtocol::Methods {
  explicit Methods(NamespaceAccess& to) : access(to) { table.add("getGroupsForUser", this, &Methods::get_groups); }
  Result<hadoop::common::GetGroupsForUserResponseProto> get_groups(
      const hadoop::common::GetGroupsForUserRequestProto& request, const rpc::CallContext&) {
    hadoop::common::GetGroupsForUserResponseProto response;
    for (std::string& group : access.groups().groups_of(request.user())) response.add_groups(std::move(group));
    return response;
  }
  NamespaceAccess& access;
  rpc::MethodTable table;
};

GetUserMappingsProtocol::GetUserMappingsProtocol(NamespaceAccess& access)
    : methods_(std::make_unique<Methods>(access)) {}
GetUserMappingsProtocol::~GetUserMappingsProtocol() = default;
rpc::Reply GetUserMappingsProtocol::call(std::string_view method, ByteView request, const rpc::CallContext& context) {
  return methods_->table.call(method, request, context);
}

}  // namespace dfs::namenode
