#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "namenode/namespace/erasure_coding_policies.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/path.h"
#include "namenode/service/client_methods.h"
#include "proto/hadoop/erasurecoding.pb.h"

namespace dfs::namenode {

using namespace hadoop::hdfs;

namespace {

Error not_supported(std::string_view what) {
  return Error(ErrorCode::kUnsupported, fmt::format("Erasure coding is not supported: {}", what));
}

// ErasureCodingPolicyManager's answer to a name that it does not know.
Result<const ErasureCodingPolicyRow*> find_known(const std::string& name) {
  const ErasureCodingPolicyRow* policy = find_erasure_coding_policy(name);
  if (policy != nullptr) return policy;
  return fail(ErrorCode::kHadoopInvalidArgument, "The policy name " + name + " does not exist");
}

}  // namespace

void ClientErasureCoding::add_to(rpc::MethodTable& table) {
  table.add("getErasureCodingPolicies", this, &ClientErasureCoding::get_policies);
  table.add("getErasureCodingPolicy", this, &ClientErasureCoding::get_policy);
  table.add("getErasureCodingCodecs", this, &ClientErasureCoding::get_codecs);
  table.add("getECTopologyResultForPolicies", this, &ClientErasureCoding::get_topology_result);
  table.add("setErasureCodingPolicy", this, &ClientErasureCoding::set_policy);
  table.add("unsetErasureCodingPolicy", this, &ClientErasureCoding::unset_policy);
  table.add("addErasureCodingPolicies", this, &ClientErasureCoding::add_policies);
  table.add("removeErasureCodingPolicy", this, &ClientErasureCoding::remove_policy);
  table.add("enableErasureCodingPolicy", this, &ClientErasureCoding::enable_policy);
  table.add("disableErasureCodingPolicy", this, &ClientErasureCoding::disable_policy);
}

Result<GetErasureCodingPoliciesResponseProto> ClientErasureCoding::get_policies(
    const GetErasureCodingPoliciesRequestProto&, const Context&) {
  GetErasureCodingPoliciesResponseProto response;
  for (const ErasureCodingPolicyRow& policy : kErasureCodingPolicies) {
    ErasureCodingPolicyProto& out = *response.add_ecpolicies();
    out.set_id(policy.id);
    out.set_state(policy.enabled ? ENABLED : DISABLED);
  }
  return response;
}

Result<GetErasureCodingPolicyResponseProto> ClientErasureCoding::get_policy(
    const GetErasureCodingPolicyRequestProto& request, const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  Result<void> found = check_replicated(reading, request.src());
  // Here a path that is not there is "not allowed" to the audit log as well.
  Result<void> said = found;
  if (!found) said = fail(ErrorCode::kAccessControl, found.error().message());
  (void)access_.audit().of(std::move(said), context, "getErasureCodingPolicy", request.src());
  if (!found) return fail(std::move(found).error());
  return GetErasureCodingPolicyResponseProto();
}

Result<GetErasureCodingCodecsResponseProto> ClientErasureCoding::get_codecs(const GetErasureCodingCodecsRequestProto&,
                                                                            const Context&) {
  GetErasureCodingCodecsResponseProto response;
  constexpr std::pair<const char*, const char*> kCodecs[] = {
      {"rs", "rs_native, rs_java"}, {"rs-legacy", "rs-legacy_java"}, {"xor", "xor_native, xor_java"}};
  for (const auto& [codec, coders] : kCodecs) {
    CodecProto& out = *response.add_codec();
    out.set_codec(codec);
    out.set_coders(coders);
  }
  return response;
}

// ECTopologyVerifier
Result<GetECTopologyResultForPoliciesResponseProto> ClientErasureCoding::get_topology_result(
    const GetECTopologyResultForPoliciesRequestProto& request, const Context& context) {
  DFS_TRY_OK(require_superuser(access_, context, "getECTopologyResultForPolicies"));
  std::vector<const ErasureCodingPolicyRow*> policies;
  for (const std::string& name : request.policies()) {
    const ErasureCodingPolicyRow* policy = find_erasure_coding_policy(name);
    if (policy == nullptr) {
      return fail(ErrorCode::kHadoopInvalidArgument,
                  fmt::format("The given erasure coding policy {} does not exist.", name));
    }
    policies.push_back(policy);
  }
  if (policies.empty()) {
    for (const ErasureCodingPolicyRow& policy : kErasureCodingPolicies) {
      if (policy.enabled) policies.push_back(&policy);
    }
  }
  size_t datanodes_min = 0, racks_min = 0;
  std::string names;
  for (const ErasureCodingPolicyRow* policy : policies) {
    const size_t units = size_t{policy->data_units} + policy->parity_units;
    datanodes_min = std::max(datanodes_min, units);
    racks_min = std::max(racks_min, (units + policy->parity_units - 1) / policy->parity_units);
    names += (names.empty() ? "" : ", ") + std::string(policy->name);
  }
  std::shared_ptr<const DatanodeView> view = access_.blocks().datanodes();
  std::set<std::string> racks;
  for (const DatanodeStatus& datanode : view->datanodes) racks.insert(datanode.network_location);
  GetECTopologyResultForPoliciesResponseProto response;
  ECTopologyVerifierResultProto& out = *response.mutable_response();
  out.set_issupported(false);
  if (view->datanodes.size() < datanodes_min) {
    out.set_resultmessage(
        fmt::format("{} DataNodes are required for the erasure coding policies: {}. The number of "
                    "DataNodes is only {}.",
                    datanodes_min, names, view->datanodes.size()));
  } else if (racks.size() < racks_min) {
    out.set_resultmessage(
        fmt::format("{} racks are required for the erasure coding policies: {}. The number of racks "
                    "is only {}.",
                    racks_min, names, racks.size()));
  } else {
    out.set_issupported(true);
    out.set_resultmessage("The cluster setup can support EC policies: " + names);
  }
  return response;
}

Result<SetErasureCodingPolicyResponseProto> ClientErasureCoding::set_policy(
    const SetErasureCodingPolicyRequestProto& request, const Context& context) {
  DFS_TRY_OK(refuse_in_safe_mode(access_, "Cannot set erasure coding policy on " + request.src()));
  NamespaceAccess::Reading reading = read(access_, context);
  // Without a name the default is meant.
  if (request.has_ecpolicyname()) DFS_TRY_OK(check_erasure_coding_policy(request.ecpolicyname()));
  DFS_TRY_OK(check_directory(reading, "setErasureCodingPolicy", request.src(),
                             "Attempt to set an erasure coding policy for a file "));
  return fail(not_supported("no policy can be set on " + request.src()));
}

Result<UnsetErasureCodingPolicyResponseProto> ClientErasureCoding::unset_policy(
    const UnsetErasureCodingPolicyRequestProto& request, const Context& context) {
  DFS_TRY_OK(refuse_in_safe_mode(access_, "Cannot unset erasure coding policy on " + request.src()));
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY_OK(check_directory(reading, "unsetErasureCodingPolicy", request.src(),
                             "Cannot unset an erasure coding policy on a file "));
  return fail(ErrorCode::kNoEcPolicySet, "No erasure coding policy explicitly set on " + request.src());
}

Result<AddErasureCodingPoliciesResponseProto> ClientErasureCoding::add_policies(
    const AddErasureCodingPoliciesRequestProto& request, const Context& context) {
  DFS_TRY_OK(require_superuser(access_, context, "addErasureCodingPolicies"));
  DFS_TRY_OK(refuse_in_safe_mode(access_, "Cannot add erasure coding policy"));
  if (request.ecpolicies().empty()) return AddErasureCodingPoliciesResponseProto();
  return fail(not_supported("no policies can be added"));
}

Result<RemoveErasureCodingPolicyResponseProto> ClientErasureCoding::remove_policy(
    const RemoveErasureCodingPolicyRequestProto& request, const Context& context) {
  DFS_TRY_OK(require_superuser(access_, context, "removeErasureCodingPolicy"));
  DFS_TRY_OK(refuse_in_safe_mode(access_, "Cannot remove erasure coding policy " + request.ecpolicyname()));
  DFS_TRY_OK(find_known(request.ecpolicyname()));
  return fail(ErrorCode::kHadoopInvalidArgument,
              "System erasure coding policy " + request.ecpolicyname() + " cannot be removed");
}

Result<EnableErasureCodingPolicyResponseProto> ClientErasureCoding::enable_policy(
    const EnableErasureCodingPolicyRequestProto& request, const Context& context) {
  DFS_TRY_OK(require_superuser(access_, context, "enableErasureCodingPolicy"));
  DFS_TRY_OK(refuse_in_safe_mode(access_, "Cannot enable erasure coding policy " + request.ecpolicyname()));
  DFS_TRY(const ErasureCodingPolicyRow* policy, find_known(request.ecpolicyname()));
  if (policy->enabled) {
    Result<EnableErasureCodingPolicyResponseProto> done = EnableErasureCodingPolicyResponseProto();
    return access_.audit().of(std::move(done), context, "enableErasureCodingPolicy", request.ecpolicyname());
  }
  return fail(not_supported(request.ecpolicyname() + " cannot be enabled"));
}

Result<DisableErasureCodingPolicyResponseProto> ClientErasureCoding::disable_policy(
    const DisableErasureCodingPolicyRequestProto& request, const Context& context) {
  DFS_TRY_OK(require_superuser(access_, context, "disableErasureCodingPolicy"));
  DFS_TRY_OK(refuse_in_safe_mode(access_, "Cannot disable erasure coding policy " + request.ecpolicyname()));
  DFS_TRY(const ErasureCodingPolicyRow* policy, find_known(request.ecpolicyname()));
  if (!policy->enabled) return DisableErasureCodingPolicyResponseProto();
  return fail(not_supported(request.ecpolicyname() + " cannot be disabled"));
}

// FSDirErasureCodingOp.getErasureCodingPolicy: every path that is there is replicated.
Result<void> ClientErasureCoding::check_replicated(const NamespaceAccess::Reading& reading,
                                                   const std::string& path) const {
  if (is_exact_reserved(path)) return {};
  PermissionChecker permissions = reading.query().permissions();
  DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kRead));
  DFS_TRY_OK(permissions.check_last(resolved, Access::kRead));
  if (resolved.last() != nullptr || resolved.is_dot_snapshot()) return {};
  return fail(ErrorCode::kFileNotFound, "Path not found: " + path);
}

Result<void> ClientErasureCoding::check_directory(const NamespaceAccess::Reading& reading, std::string_view operation,
                                                  const std::string& path, std::string_view refusal) const {
  PermissionChecker permissions(*reading.view, reading.settings, reading.caller, operation);
  DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kWriteLink));
  DFS_TRY_OK(permissions.check_last(resolved, Access::kWrite));
  if (resolved.last() == nullptr) return fail(ErrorCode::kFileNotFound, "Path not found: " + resolved.path());
  if (resolved.last()->type != InodeType::kDirectory) {
    return fail(ErrorCode::kIo, std::string(refusal) + resolved.path());
  }
  return {};
}

}  // namespace dfs::namenode
