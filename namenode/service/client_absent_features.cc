#include <memory>
#include <vector>

#include "namenode/service/client_methods.h"
#include "proto/hadoop/Security.pb.h"
#include "proto/hadoop/encryption.pb.h"
#include "proto/hadoop/erasurecoding.pb.h"

namespace dfs::namenode {

using namespace hadoop::hdfs;

namespace {

// One answer for all who ask, whatever they ask.
template <class Request, class Response>
struct Always {
  Response response;
  Result<Response> answer(const Request&, const rpc::CallContext&) { return response; }
};

// Lives as long as the process, as the answers never change.
template <class Request, class Response>
void always(rpc::MethodTable& table, std::string_view method, Response response) {
  static auto* const handler = new Always<Request, Response>{std::move(response)};
  table.add(method, handler, &Always<Request, Response>::answer);
}

template <class Request, class Response>
void always_empty(rpc::MethodTable& table, std::string_view method) {
  always<Request, Response>(table, method, Response());
}

// Refuses all who ask; those who may not even ask with that reason.
template <class Request, class Response>
struct Refused {
  const NamespaceAccess& access;
  std::string_view superuser_operation;  // empty: anybody may ask
  ErrorCode code;
  std::string message;
  Result<Response> answer(const Request&, const rpc::CallContext& context) {
    if (!superuser_operation.empty()) DFS_TRY_OK(require_superuser(access, context, superuser_operation));
    return fail(code, message);
  }
};

// A line only where it is refused.
Result<void> audited_superuser(const NamespaceAccess& access, const rpc::CallContext& context,
                               std::string_view operation, std::string_view source) {
  Result<void> allowed = require_superuser(access, context, operation);
  if (!allowed) (void)access.audit().of(Result<Done>(fail(allowed.error())), context, operation, source);
  return allowed;
}

}  // namespace

struct ClientAbsentFeatures::Handlers {
  std::vector<std::shared_ptr<void>> refusals;
};

ClientAbsentFeatures::ClientAbsentFeatures(NamespaceAccess& access)
    : access_(access), handlers_(std::make_unique<Handlers>()) {}
ClientAbsentFeatures::~ClientAbsentFeatures() = default;

template <class Request, class Response>
void ClientAbsentFeatures::refuse(rpc::MethodTable& table, std::string_view method, ErrorCode code, std::string message,
                                  std::string_view superuser_operation) {
  auto handler = std::make_shared<Refused<Request, Response>>(access_, superuser_operation, code, std::move(message));
  table.add(method, handler.get(), &Refused<Request, Response>::answer);
  handlers_->refusals.push_back(std::move(handler));
}

void ClientAbsentFeatures::add_encryption(rpc::MethodTable& table) {
  table.add("createEncryptionZone", this, &ClientAbsentFeatures::create_encryption_zone);
  table.add("getEZForPath", this, &ClientAbsentFeatures::get_encryption_zone);
  always_empty<GetDataEncryptionKeyRequestProto, GetDataEncryptionKeyResponseProto>(table, "getDataEncryptionKey");
  table.add("listEncryptionZones", this, &ClientAbsentFeatures::list_encryption_zones);
  table.add("listReencryptionStatus", this, &ClientAbsentFeatures::list_reencryption_status);
  refuse<ReencryptEncryptionZoneRequestProto, ReencryptEncryptionZoneResponseProto>(
      table, "reencryptEncryptionZone", ErrorCode::kIo,
      "No key provider configured, re-encryption operation is rejected", "reencryptEncryptionZone");
}

Result<CreateEncryptionZoneResponseProto> ClientAbsentFeatures::create_encryption_zone(
    const CreateEncryptionZoneRequestProto& request, const rpc::CallContext& context) {
  DFS_TRY_OK(audited_superuser(access_, context, "createEncryptionZone", request.src()));
  return fail(ErrorCode::kIo,
              "Can't create an encryption zone for " + request.src() + " since no key provider is available.");
}

Result<GetEZForPathResponseProto> ClientAbsentFeatures::get_encryption_zone(const GetEZForPathRequestProto& request,
                                                                            const rpc::CallContext& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  PermissionChecker permissions = reading.query().permissions();
  auto answer = [&]() -> Result<GetEZForPathResponseProto> {
    DFS_TRY(InodePath path, permissions.resolve(request.src(), ResolveFor::kRead));
    DFS_TRY_OK(permissions.check_last(path, Access::kRead));
    return GetEZForPathResponseProto();
  };
  return access_.audit_change(answer(), context, "getEZForPath", request.src());
}

Result<ListEncryptionZonesResponseProto> ClientAbsentFeatures::list_encryption_zones(
    const ListEncryptionZonesRequestProto&, const rpc::CallContext& context) {
  DFS_TRY_OK(audited_superuser(access_, context, "listEncryptionZones", "/"));
  (void)access_.audit().of(Result<Done>(Done{}), context, "listEncryptionZones", "null");
  ListEncryptionZonesResponseProto zones;
  zones.set_hasmore(false);
  return zones;
}

Result<ListReencryptionStatusResponseProto> ClientAbsentFeatures::list_reencryption_status(
    const ListReencryptionStatusRequestProto&, const rpc::CallContext& context) {
  DFS_TRY_OK(audited_superuser(access_, context, "listReencryptionStatus", "/"));
  (void)access_.audit().of(Result<Done>(Done{}), context, "listReencryptionStatus", "null");
  ListReencryptionStatusResponseProto zones;
  zones.set_hasmore(false);
  return zones;
}

void ClientAbsentFeatures::add_cache(rpc::MethodTable& table) {
  const std::string reason = "Centralized cache management is not supported";
  const ErrorCode code = ErrorCode::kUnsupported;
  refuse<AddCacheDirectiveRequestProto, AddCacheDirectiveResponseProto>(table, "addCacheDirective", code, reason);
  refuse<ModifyCacheDirectiveRequestProto, ModifyCacheDirectiveResponseProto>(table, "modifyCacheDirective", code,
                                                                              reason);
  refuse<RemoveCacheDirectiveRequestProto, RemoveCacheDirectiveResponseProto>(table, "removeCacheDirective", code,
                                                                              reason);
  refuse<AddCachePoolRequestProto, AddCachePoolResponseProto>(table, "addCachePool", code, reason, "addCachePool");
  refuse<ModifyCachePoolRequestProto, ModifyCachePoolResponseProto>(table, "modifyCachePool", code, reason,
                                                                    "modifyCachePool");
  refuse<RemoveCachePoolRequestProto, RemoveCachePoolResponseProto>(table, "removeCachePool", code, reason,
                                                                    "removeCachePool");
  ListCacheDirectivesResponseProto directives;
  directives.set_hasmore(false);
  always<ListCacheDirectivesRequestProto>(table, "listCacheDirectives", directives);
  ListCachePoolsResponseProto pools;
  pools.set_hasmore(false);
  always<ListCachePoolsRequestProto>(table, "listCachePools", pools);
}

Result<RollingUpgradeResponseProto> ClientAbsentFeatures::rolling_upgrade(const RollingUpgradeRequestProto& request,
                                                                          const rpc::CallContext& context) {
  DFS_TRY_OK(require_superuser(access_, context, "queryRollingUpgrade"));
  if (request.action() == QUERY) return RollingUpgradeResponseProto();
  return fail(ErrorCode::kUnsupported, "Rolling upgrade is not supported");
}

Result<SatisfyStoragePolicyResponseProto> ClientAbsentFeatures::satisfy_storage_policy(
    const SatisfyStoragePolicyRequestProto&, const rpc::CallContext&) {
  if (!access_.settings().storage_policies_enabled) {
    return fail(ErrorCode::kIo, "Failed to satisfy storage policy since dfs.storage.policy.enabled is set to false.");
  }
  // As where dfs.storage.policy.satisfier.mode is none, its default.
  return fail(ErrorCode::kUnsupportedAction,
              "Cannot request to satisfy storage policy when storage policy satisfier feature has been disabled by "
              "admin. Seek for an admin help to enable it or use Mover tool.");
}

void ClientAbsentFeatures::add_to(rpc::MethodTable& table) {
  add_encryption(table);
  add_cache(table);
  // Tokens: a cluster without security gives none, and clients go on without; nobody can have one.
  always_empty<hadoop::common::GetDelegationTokenRequestProto, hadoop::common::GetDelegationTokenResponseProto>(
      table, "getDelegationToken");
  refuse<hadoop::common::RenewDelegationTokenRequestProto, hadoop::common::RenewDelegationTokenResponseProto>(
      table, "renewDelegationToken", ErrorCode::kInvalidToken, "Token for real user: null, can't be found in cache");
  refuse<hadoop::common::CancelDelegationTokenRequestProto, hadoop::common::CancelDelegationTokenResponseProto>(
      table, "cancelDelegationToken", ErrorCode::kInvalidToken, "Token not found");
  table.add("satisfyStoragePolicy", this, &ClientAbsentFeatures::satisfy_storage_policy);
  table.add("rollingUpgrade", this, &ClientAbsentFeatures::rolling_upgrade);
  GetFsECBlockGroupStatsResponseProto groups;
  groups.set_low_redundancy(0);
  groups.set_corrupt_blocks(0);
  groups.set_missing_blocks(0);
  groups.set_blocks_in_future(0);
  groups.set_pending_deletion_blocks(0);
  always<GetFsECBlockGroupStatsRequestProto>(table, "getFsECBlockGroupStats", groups);
  // High availability: one NameNode is the active one.
  HAServiceStateResponseProto state;
  state.set_state(hadoop::common::ACTIVE);
  always<HAServiceStateRequestProto>(table, "getHAServiceState", state);
  always_empty<MsyncRequestProto, MsyncResponseProto>(table, "msync");
  // Upgrades.
  UpgradeStatusResponseProto upgrade;
  upgrade.set_upgradefinalized(true);
  always<UpgradeStatusRequestProto>(table, "upgradeStatus", upgrade);
  always_empty<FinalizeUpgradeRequestProto, FinalizeUpgradeResponseProto>(table, "finalizeUpgrade");
  RestoreFailedStorageResponseProto restore;
  restore.set_result(false);
  always<RestoreFailedStorageRequestProto>(table, "restoreFailedStorage", restore);

  always_empty<GetSlowDatanodeReportRequestProto, GetSlowDatanodeReportResponseProto>(table, "getSlowDatanodeReport");
  // Without encryption zones every path can be renamed to every other.
  GetEnclosingRootResponseProto root;
  root.set_enclosingrootpath("/");
  always<GetEnclosingRootRequestProto>(table, "getEnclosingRoot", root);
}

}  // namespace dfs::namenode
