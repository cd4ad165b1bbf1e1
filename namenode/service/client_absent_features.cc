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

struct RollingUpgrade {
  Result<RollingUpgradeResponseProto> answer(const RollingUpgradeRequestProto& request, const rpc::CallContext&) {
    if (request.action() == QUERY) return RollingUpgradeResponseProto();
    return fail(ErrorCode::kUnsupported, "Rolling upgrade is not supported yet");
  }
};

}  // namespace

void add_absent_features(rpc::MethodTable& table) {
  // Encryption zones.
  always_empty<GetEZForPathRequestProto, GetEZForPathResponseProto>(table, "getEZForPath");
  always_empty<GetDataEncryptionKeyRequestProto, GetDataEncryptionKeyResponseProto>(table, "getDataEncryptionKey");
  ListEncryptionZonesResponseProto zones;
  zones.set_hasmore(false);
  always<ListEncryptionZonesRequestProto>(table, "listEncryptionZones", zones);
  // Erasure coding.
  always_empty<GetErasureCodingPoliciesRequestProto, GetErasureCodingPoliciesResponseProto>(table,
                                                                                            "getErasureCodingPolicies");
  always_empty<GetErasureCodingPolicyRequestProto, GetErasureCodingPolicyResponseProto>(table,
                                                                                        "getErasureCodingPolicy");
  always_empty<GetErasureCodingCodecsRequestProto, GetErasureCodingCodecsResponseProto>(table,
                                                                                        "getErasureCodingCodecs");
  GetFsECBlockGroupStatsResponseProto groups;
  groups.set_low_redundancy(0);
  groups.set_corrupt_blocks(0);
  groups.set_missing_blocks(0);
  groups.set_blocks_in_future(0);
  groups.set_pending_deletion_blocks(0);
  always<GetFsECBlockGroupStatsRequestProto>(table, "getFsECBlockGroupStats", groups);
  // Tokens: a cluster without security gives none, and clients go on without.
  always_empty<hadoop::common::GetDelegationTokenRequestProto, hadoop::common::GetDelegationTokenResponseProto>(
      table, "getDelegationToken");
  // Snapshots.
  always_empty<GetSnapshottableDirListingRequestProto, GetSnapshottableDirListingResponseProto>(
      table, "getSnapshottableDirListing");
  // Centralized cache.
  ListCacheDirectivesResponseProto directives;
  directives.set_hasmore(false);
  always<ListCacheDirectivesRequestProto>(table, "listCacheDirectives", directives);
  ListCachePoolsResponseProto pools;
  pools.set_hasmore(false);
  always<ListCachePoolsRequestProto>(table, "listCachePools", pools);
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
  static auto* const rolling = new RollingUpgrade;
  table.add("rollingUpgrade", rolling, &RollingUpgrade::answer);
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
