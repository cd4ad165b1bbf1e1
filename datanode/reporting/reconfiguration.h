#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/task_fwd.h"
#include "proto/hadoop/ReconfigurationProtocol.pb.h"
#include "proto/rpc/method_table.h"
#include "proto/rpc/server.h"

namespace dfs::datanode {

// Settings that change while the DataNode runs (`hdfs dfsadmin -reconfig datanode`), one task at a time. Thread-safe.
class ReconfigurationService final : public rpc::Protocol {
 public:
  // The properties that can be changed; nothing where one is not configured.
  using Values = std::map<std::string, std::optional<std::string>>;
  struct Applied {
    std::optional<std::string> value;  // that is in effect now
    std::optional<std::string> error;
  };
  struct Change {
    std::string name;
    std::optional<std::string> before, after;
    std::optional<std::string> error = {};
  };
  struct Owner {
    std::string superuser;
    // Reads what is configured now, which apply() then takes. Blocks.
    std::function<Result<Values>()> reread;
    std::function<Task<Applied>(std::string name)> apply;
    // Runs a task of the service, and waits for it before the service is destroyed.
    std::function<void(Task<void>)> spawn;
  };
  // `values`: in effect now.
  ReconfigurationService(Owner owner, Values values);

  std::string_view name() const override { return "org.apache.hadoop.hdfs.protocol.ReconfigurationProtocol"; }
  uint64_t version() const override { return 1; }
  rpc::Reply call(std::string_view method, ByteView request, const rpc::CallContext& context) override {
    return table_.call(method, request, context);
  }

 private:
  Result<hadoop::hdfs::StartReconfigurationResponseProto> start(const hadoop::hdfs::StartReconfigurationRequestProto&,
                                                                const rpc::CallContext& context);
  Result<hadoop::hdfs::GetReconfigurationStatusResponseProto> status(
      const hadoop::hdfs::GetReconfigurationStatusRequestProto&, const rpc::CallContext& context);
  Result<hadoop::hdfs::ListReconfigurablePropertiesResponseProto> properties(
      const hadoop::hdfs::ListReconfigurablePropertiesRequestProto&, const rpc::CallContext& context);
  Result<void> check_superuser(const rpc::CallContext& context) const;
  Task<void> carry_out(std::vector<Change> changes);

  const Owner owner_;
  rpc::MethodTable table_;
  std::mutex mutex_;
  Values values_;
  bool running_ = false;
  std::optional<WallTime> began_, ended_;
  std::vector<Change> changes_;  // of the last task
};

}  // namespace dfs::datanode
