#include <fmt/format.h>

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

// Refuses all who ask.
template <class Request, class Response>
struct Refused {
  ErrorCode code;
  std::string message;
  Result<Response> answer(const Request&, const rpc::CallContext&) { return fail(code, message); }
};

// A change of the centralized cache: those who may not even ask are refused with that reason, in safe mode everybody,
// and then for `fault`.
template <class Request, class Response>
struct CacheChange {
  const NamespaceAccess& access;
  std::string_view superuser_operation;  // empty: anybody may ask
  std::string (*in_safe_mode)(const Request&);
  Error (*fault)(const Request&);
  Result<Response> answer(const Request& request, const rpc::CallContext& context) {
    if (!superuser_operation.empty()) DFS_TRY_OK(require_superuser(access, context, superuser_operation));
    DFS_TRY_OK(refuse_in_safe_mode(access, in_safe_mode(request)));
    return fail(fault(request));
  }
};

Error invalid(std::string message) {
  return Error(ErrorCode::kInvalidRequest, std::move(message));
}

// What CacheManager says where there are no pools and no directives.
Error fault_of_new_pool(const std::string& name) {
  if (name.empty()) return Error(ErrorCode::kIo, "invalid empty cache pool name");
  return Error(ErrorCode::kUnsupported, "Centralized cache management is not supported");
}
Error fault_of_pool(const std::string& name, std::string absent) {
  if (name.empty()) return fault_of_new_pool(name);
  return invalid(std::move(absent));
}
Error fault_of_new_directive(const CacheDirectiveInfoProto& info) {
  if (!info.has_pool()) return invalid("No pool specified.");
  if (info.pool().empty()) return invalid("Invalid empty pool name.");
  return invalid("Unknown pool " + info.pool());
}
Error fault_of_directive(int64_t id) {
  if (id <= 0) return invalid("Invalid negative ID.");
  return invalid(fmt::format("No directive with ID {} found.", id));
}

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
void ClientAbsentFeatures::refuse(rpc::MethodTable& table, std::string_view method, ErrorCode code,
                                  std::string message) {
  auto handler = std::make_shared<Refused<Request, Response>>(code, std::move(message));
  table.add(method, handler.get(), &Refused<Request, Response>::answer);
  handlers_->refusals.push_back(std::move(handler));
}

template <class Request, class Response>
void ClientAbsentFeatures::refuse_cache(rpc::MethodTable& table, std::string_view method,
                                        std::string_view superuser_operation,
                                        std::string (*in_safe_mode)(const Request&), Error (*fault)(const Request&)) {
  using Handler = CacheChange<Request, Response>;
  auto handler = std::make_shared<Handler>(access_, superuser_operation, in_safe_mode, fault);
  table.add(method, handler.get(), &Handler::answer);
  handlers_->refusals.push_back(std::move(handler));
}

void ClientAbsentFeatures::add_encryption(rpc::MethodTable& table) {
  table.add("createEncryptionZone", this, &ClientAbsentFeatures::create_encryption_zone);
  table.add("getEZForPath", this, &ClientAbsentFeatures::get_encryption_zone);
  always_empty<GetDataEncryptionKeyRequestProto, GetDataEncryptionKeyResponseProto>(table, "getDataEncryptionKey");
  table.add("listEncryptionZones", this, &ClientAbsentFeatures::list_encryption_zones);
  table.add("listReencryptionStatus", this, &ClientAbsentFeatures::list_reencryption_status);
  table.add("reencryptEncryptionZone", this, &ClientAbsentFeatures::reencrypt_encryption_zone);
  table.add("getEnclosingRoot", this, &ClientAbsentFeatures::get_enclosing_root);
}

Result<CreateEncryptionZoneResponseProto> ClientAbsentFeatures::create_encryption_zone(
    const CreateEncryptionZoneRequestProto& request, const rpc::CallContext& context) {
  DFS_TRY_OK(audited_superuser(access_, context, "createEncryptionZone", request.src()));
  return fail(ErrorCode::kIo,
              "Can't create an encryption zone for " + request.src() + " since no key provider is available.");
}

Result<void> ClientAbsentFeatures::find_encryption_zone(const std::string& path,
                                                        const rpc::CallContext& context) const {
  NamespaceAccess::Reading reading = read(access_, context);
  PermissionChecker permissions = reading.query().permissions();
  auto answer = [&]() -> Result<Done> {
    DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kRead));
    DFS_TRY_OK(permissions.check_last(resolved, Access::kRead));
    return Done{};
  };
  DFS_TRY_OK(access_.audit_change(answer(), context, "getEZForPath", path));
  return {};
}

Result<GetEZForPathResponseProto> ClientAbsentFeatures::get_encryption_zone(const GetEZForPathRequestProto& request,
                                                                            const rpc::CallContext& context) {
  DFS_TRY_OK(find_encryption_zone(request.src(), context));
  return GetEZForPathResponseProto();
}

// Without encryption zones every path can be renamed to every other.
Result<GetEnclosingRootResponseProto> ClientAbsentFeatures::get_enclosing_root(
    const GetEnclosingRootRequestProto& request, const rpc::CallContext& context) {
  DFS_TRY_OK(find_encryption_zone(request.filename(), context));
  GetEnclosingRootResponseProto root;
  root.set_enclosingrootpath("/");
  return root;
}

Result<ReencryptEncryptionZoneResponseProto> ClientAbsentFeatures::reencrypt_encryption_zone(
    const ReencryptEncryptionZoneRequestProto& request, const rpc::CallContext& context) {
  DFS_TRY_OK(require_superuser(access_, context, "reencryptEncryptionZone"));
  const char* action = request.action() == CANCEL_REENCRYPT ? "CANCEL" : "START";
  DFS_TRY_OK(refuse_in_safe_mode(
      access_, fmt::format("NameNode in safemode, cannot {} re-encryption on zone {}", action, request.zone())));
  return fail(ErrorCode::kIo, "No key provider configured, re-encryption operation is rejected");
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
  refuse_cache<AddCacheDirectiveRequestProto, AddCacheDirectiveResponseProto>(
      table, "addCacheDirective", "", [](const auto&) -> std::string { return "Cannot add cache directive"; },
      [](const auto& request) { return fault_of_new_directive(request.info()); });
  refuse_cache<ModifyCacheDirectiveRequestProto, ModifyCacheDirectiveResponseProto>(
      table, "modifyCacheDirective", "", [](const auto&) -> std::string { return "Cannot add cache directive"; },
      [](const auto& request) {
        return request.info().has_id() ? fault_of_directive(request.info().id()) : invalid("Must supply an ID.");
      });
  refuse_cache<RemoveCacheDirectiveRequestProto, RemoveCacheDirectiveResponseProto>(
      table, "removeCacheDirective", "", [](const auto&) -> std::string { return "Cannot remove cache directives"; },
      [](const auto& request) { return fault_of_directive(request.id()); });
  refuse_cache<AddCachePoolRequestProto, AddCachePoolResponseProto>(
      table, "addCachePool", "addCachePool",
      [](const auto& request) { return "Cannot add cache pool" + request.info().poolname(); },
      [](const auto& request) { return fault_of_new_pool(request.info().poolname()); });
  refuse_cache<ModifyCachePoolRequestProto, ModifyCachePoolResponseProto>(
      table, "modifyCachePool", "modifyCachePool",
      [](const auto& request) { return "Cannot modify cache pool" + request.info().poolname(); },
      [](const auto& request) {
        const std::string& name = request.info().poolname();
        return fault_of_pool(name, "Cache pool " + name + " does not exist.");
      });
  refuse_cache<RemoveCachePoolRequestProto, RemoveCachePoolResponseProto>(
      table, "removeCachePool", "removeCachePool",
      [](const auto& request) { return "Cannot modify cache pool" + request.poolname(); },
      [](const auto& request) {
        return fault_of_pool(request.poolname(), "Cannot remove non-existent cache pool " + request.poolname());
      });
  table.add("listCacheDirectives", this, &ClientAbsentFeatures::list_cache_directives);
  ListCachePoolsResponseProto pools;
  pools.set_hasmore(false);
  always<ListCachePoolsRequestProto>(table, "listCachePools", pools);
}

Result<ListCacheDirectivesResponseProto> ClientAbsentFeatures::list_cache_directives(
    const ListCacheDirectivesRequestProto& request, const rpc::CallContext&) {
  if (request.filter().has_id()) {
    return fail(invalid(fmt::format("Did not find requested id {}", request.filter().id())));
  }
  ListCacheDirectivesResponseProto response;
  response.set_hasmore(false);
  return response;
}

Result<RollingUpgradeResponseProto> ClientAbsentFeatures::rolling_upgrade(const RollingUpgradeRequestProto& request,
                                                                          const rpc::CallContext& context) {
  const char* operation = request.action() == QUERY   ? "queryRollingUpgrade"
                          : request.action() == START ? "startRollingUpgrade"
                                                      : "finalizeRollingUpgrade";
  DFS_TRY_OK(require_superuser(access_, context, operation));
  // There is none to show, and none to end.
  if (request.action() != START) return RollingUpgradeResponseProto();
  return fail(ErrorCode::kUnsupported, "Rolling upgrade is not supported");
}

Result<FinalizeUpgradeResponseProto> ClientAbsentFeatures::finalize_upgrade(const FinalizeUpgradeRequestProto&,
                                                                            const rpc::CallContext& context) {
  DFS_TRY_OK(require_superuser(access_, context, "finalizeUpgrade"));
  return FinalizeUpgradeResponseProto();
}

// A folder that failed is given what it lacks at the next start, never while running.
Result<RestoreFailedStorageResponseProto> ClientAbsentFeatures::restore_failed_storage(
    const RestoreFailedStorageRequestProto& request, const rpc::CallContext& context) {
  const char* operation = request.arg() == "check"  ? "checkRestoreFailedStorage"
                          : request.arg() == "true" ? "enableRestoreFailedStorage"
                                                    : "disableRestoreFailedStorage";
  DFS_TRY_OK(require_superuser(access_, context, operation));
  RestoreFailedStorageResponseProto response;
  response.set_result(false);
  return response;
}

// A cluster without security gives none, and clients go on without.
Result<hadoop::common::GetDelegationTokenResponseProto> ClientAbsentFeatures::get_delegation_token(
    const hadoop::common::GetDelegationTokenRequestProto&, const rpc::CallContext&) {
  DFS_TRY_OK(refuse_in_safe_mode(access_, "Cannot issue delegation token"));
  return hadoop::common::GetDelegationTokenResponseProto();
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
  table.add("getDelegationToken", this, &ClientAbsentFeatures::get_delegation_token);
  // Nobody can have one.
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
  groups.set_highest_prio_low_redundancy_blocks(0);
  always<GetFsECBlockGroupStatsRequestProto>(table, "getFsECBlockGroupStats", groups);
  refuse<HAServiceStateRequestProto, HAServiceStateResponseProto>(table, "getHAServiceState", ErrorCode::kServiceFailed,
                                                                  "HA for namenode is not enabled");
  always_empty<MsyncRequestProto, MsyncResponseProto>(table, "msync");
  // Upgrades.
  UpgradeStatusResponseProto upgrade;
  upgrade.set_upgradefinalized(true);
  always<UpgradeStatusRequestProto>(table, "upgradeStatus", upgrade);
  table.add("finalizeUpgrade", this, &ClientAbsentFeatures::finalize_upgrade);
  table.add("restoreFailedStorage", this, &ClientAbsentFeatures::restore_failed_storage);

  always_empty<GetSlowDatanodeReportRequestProto, GetSlowDatanodeReportResponseProto>(table, "getSlowDatanodeReport");
}

}  // namespace dfs::namenode
