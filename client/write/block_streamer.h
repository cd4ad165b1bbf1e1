#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "client/namenode/namenode.h"
#include "client/write/packet_window.h"
#include "client/write/pipeline.h"
#include "proto/base/task.h"
#include "proto/hadoop/hdfs.pb.h"

namespace dfs::client {

// Carries the packets of one file to DataNodes: asks the NameNode for blocks, sets up their pipelines, and when a
// DataNode fails rebuilds the pipeline without it (or with another in its place) under a new generation stamp and sends
// again what was not acknowledged. The counterpart of org.apache.hadoop.hdfs.DataStreamer.
//
// Belongs to the client's thread. stop() must have returned before destruction.
class BlockStreamer {
 public:
  struct Settings {
    TransferSettings transfer;
    checksum::Checksum checksum;
    std::string path;
    OpenedFile file;
    bool replace_datanodes = true;  // dfs.client.block.write.replace-datanode-on-failure.enable
    bool replace_always = false;    // ...policy ALWAYS instead of DEFAULT
    // Go on with fewer DataNodes where no other can be had. Hadoop's default is to fail then; but the NameNode copies
    // the block as soon as it is closed, while a failed write loses what is still to come.
    bool replace_best_effort = true;
  };

  BlockStreamer(asio::any_io_executor executor, Namenode& namenode, Settings settings, PacketWindow& window);

  // Goes on with a block that exists (append). Before start().
  void continue_block(hadoop::hdfs::LocatedBlockProto block);
  // The block that a first addBlock names as its predecessor. Before start().
  void continue_after(hadoop::hdfs::ExtendedBlockProto previous) { previous_ = std::move(previous); }
  void start() { tasks_.spawn(run()); }
  Task<Result<void>> stop();
  // There is work in the window, or a pipeline has something to tell.
  void wake() { event_.cancel(); }

  // Tells the NameNode of blocks it has not yet made durable, and with `update_length` how long the last one is.
  Task<Result<void>> persist(bool update_length);
  // Closes the file. Requires: every packet is acknowledged.
  Task<Result<void>> complete();

 private:
  Task<void> run();
  Task<Result<void>> serve();
  // False when nothing came within the time.
  Task<bool> wait_for_event(std::chrono::nanoseconds at_most);
  Task<Result<void>> send_queued();
  Task<Result<void>> finish_block(PacketPtr last);
  void end_block();

  Task<Result<void>> set_up_new_block();
  Task<Result<void>> allocate_block();
  Task<Result<void>> recover();
  Task<Result<void>> rebuild_pipeline(transfer::Stage stage, transfer::Stage recovery_stage, bool recovering);
  Task<Result<void>> replace_lost_datanode();
  Task<std::optional<PipelineFailure>> connect(PipelineRequest request);
  Task<void> drop_pipeline();
  void remove_node(int index);
  std::string nodes_text() const;

  asio::any_io_executor executor_;
  Namenode& namenode_;
  Settings settings_;
  PacketWindow& window_;
  TaskGroup tasks_;
  asio::steady_timer event_;

  std::unique_ptr<Pipeline> pipeline_;
  // The block being written, its DataNodes and token; numBytes is what was acknowledged. No pool id: none.
  hadoop::hdfs::LocatedBlockProto block_;
  hadoop::hdfs::ExtendedBlockProto previous_;
  bool appending_ = false;  // the block existed before us, its pipeline has still to be set up
  bool was_appended_ = false;
  bool flushed_ = false;
  bool unpersisted_block_ = false;
  bool closing_ = false;  // the last packet of the block is under way
  uint64_t sent_bytes_ = 0;
  int recoveries_ = 0;  // without progress between them
  uint64_t progress_at_recovery_ = 0;
  std::vector<hadoop::hdfs::DatanodeInfoProto> failed_;    // of this block
  std::vector<hadoop::hdfs::DatanodeInfoProto> excluded_;  // of the file: could not even be connected
};

}  // namespace dfs::client
