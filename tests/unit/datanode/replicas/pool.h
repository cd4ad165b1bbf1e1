#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "datanode/replicas/replica_reader.h"
#include "datanode/replicas/replica_store.h"
#include "proto/base/task.h"
#include "proto/io/memory_disk.h"

namespace dfs::datanode {

struct RecordedEvents final : ReplicaEvents {
  void receiving(const Block& block, const std::string&) override { add("receiving", block); }
  void received(const Block& block, const std::string&, const std::string&) override { add("received", block); }
  void deleted(const Block& block, const std::string&) override { add("deleted", block); }
  void corrupt(const Block& block, const std::string&) override { add("corrupt", block); }
  void add(const char* what, const Block& block) {
    std::lock_guard lock(mutex);
    lines.push_back(std::string(what) + " " + std::to_string(raw(block.id)) + "_" +
                    std::to_string(raw(block.generation)) + " " + std::to_string(block.length_bytes));
  }
  std::mutex mutex;
  std::vector<std::string> lines;
};

inline PoolIdentity test_pool() {
  return {.cluster_id = "CID-1", .pool_id = "BP-1-127.0.0.1-1", .namespace_id = 7, .created = 5};
}

// One volume with its store; restart() is what the next start of the process would find.
class Pool {
 public:
  // `told`: who hears of events instead of `events`.
  explicit Pool(Disk& on, ReplicaEvents* told = nullptr) : disk(on), told_(told ? *told : events) { open(); }

  void open() {
    auto opened = open_volumes({{.directory = "/data", .threads = 1, .disk = &disk}}, {});
    ASSERT_TRUE(opened) << opened.error().to_string();
    if (!opened->volumes[0]->is_formatted()) ASSERT_TRUE(opened->volumes[0]->format({"uuid", "CID-1"}));
    store = std::make_unique<ReplicaStore>(
        ReplicaStore::Settings{.writer_stop_deadline = std::chrono::milliseconds(50), .block_bytes_estimate = 1 << 20},
        std::move(opened->volumes), told_);
    auto loaded = run(store->load(test_pool()));
    ASSERT_TRUE(loaded) << loaded.error().to_string();
  }
  void restart() {
    store.reset();
    open();
  }

  template <class T>
  T run(Task<T> task) {
    asio::io_context context;
    auto result = asio::co_spawn(context, std::move(task), asio::use_future);
    context.run();
    return result.get();
  }
  std::unique_ptr<ReplicaWriter> create(Block block, ReplicaState state = ReplicaState::kRbw) {
    auto writer = run(store->create({.block = block, .state = state, .checksum = checksum}, [] {}));
    EXPECT_TRUE(writer) << writer.error().to_string();
    return writer ? *std::move(writer) : nullptr;
  }
  // Appends as a client does whose packet begins at `offset`.
  Result<void> append(ReplicaWriter& writer, uint64_t offset, std::string_view data) {
    std::vector<uint8_t> sums(checksum.sums_bytes(data.size()));
    checksum.compute(as_bytes(data), sums);
    DFS_TRY_OK(writer.append(offset, as_bytes(data), sums));
    return writer.flush();
  }
  // The whole replica, each chunk verified.
  std::string content(BlockId id) {
    auto replica = store->lookup(id);
    if (!replica) return "none";
    auto reader = ReplicaReader::open(replica);
    if (!reader) return reader.error().message();
    std::vector<uint8_t> data((*reader)->length_bytes()), sums(checksum.sums_bytes(data.size()));
    if (auto read = (*reader)->read(0, data, sums); !read) return read.error().message();
    if ((*reader)->first_mismatch(0, data, sums)) return "mismatch";
    return std::string(as_text(data));
  }
  // What is posted to the volume's threads (there is one) has run when this returns.
  void settle() {
    run([](Volume& volume) -> Task<void> { co_await run_on(volume.executor(), [] {}); }(*store->volumes()[0]));
  }
  // A finalized replica.
  void store_block(Block block, std::string_view data) {
    auto writer = create(block);
    EXPECT_TRUE(append(*writer, 0, data));
    EXPECT_TRUE(store->finalise(std::move(writer), true, ""));
  }
  size_t count_events(std::string_view what) {
    std::lock_guard lock(events.mutex);
    return size_t(std::ranges::count_if(events.lines, [&](const auto& line) { return line.starts_with(what); }));
  }
  Replica::View view(BlockId id) { return store->lookup(id)->view(); }

  Disk& disk;
  RecordedEvents events;
  checksum::Checksum checksum{checksum::Type::kCrc32c, 512};
  std::unique_ptr<ReplicaStore> store;

 private:
  ReplicaEvents& told_;
};

inline Block block_of(uint64_t id, uint64_t generation = 1001) {
  return {.id = BlockId(id), .generation = GenerationStamp(generation), .length_bytes = 0};
}

inline std::string pattern(size_t length, int seed = 0) {
  std::string text(length, '\0');
  for (size_t i = 0; i < length; ++i) text[i] = char('a' + (i * 31 + i / 512 + size_t(seed)) % 26);
  return text;
}

}  // namespace dfs::datanode
