#include "datanode/replicas/volume_choice.h"

#include <gtest/gtest.h>

#include <map>

#include "proto/io/memory_disk.h"

namespace dfs::datanode {
namespace {

// Volumes with so much free space, each on a disk of its own.
class Volumes {
 public:
  explicit Volumes(const std::vector<uint64_t>& free, StorageType type = StorageType::kDisk) {
    for (uint64_t bytes : free) {
      disks_.push_back(std::make_unique<MemoryDisk>());
      disks_.back()->set_space({.capacity_bytes = 1u << 30, .available_bytes = bytes});
      auto volume = Volume::open({.directory = "/v", .type = type, .threads = 1, .disk = disks_.back().get()});
      EXPECT_TRUE(volume);
      volumes_.push_back(*std::move(volume));
      volumes_.back()->measure();
      all.push_back(volumes_.back().get());
    }
  }
  // "0 1 2 0" for that many choices.
  std::string chosen(VolumeChoice& choice, int times, uint64_t bytes = 1) {
    std::string text;
    for (int i = 0; i < times; ++i) {
      Volume* one = choice.choose(all, bytes);
      text += (text.empty() ? "" : " ") +
              (one ? std::to_string(std::ranges::find(all, one) - all.begin()) : std::string("none"));
    }
    return text;
  }
  std::vector<Volume*> all;

 private:
  std::vector<std::unique_ptr<MemoryDisk>> disks_;
  std::vector<std::unique_ptr<Volume>> volumes_;
};

TEST(VolumeChoice, VolumesTakeTurnsAndFullOnesAreLeftOut) {
  Volumes volumes({100, 5, 100});
  VolumeChoice choice({});
  EXPECT_EQ(volumes.chosen(choice, 4), "0 1 2 0");
  EXPECT_EQ(volumes.chosen(choice, 4, 50), "2 0 2 0");
  EXPECT_EQ(volumes.chosen(choice, 1, 101), "none");
  EXPECT_EQ(choice.choose({}, 1), nullptr);
}

TEST(VolumeChoice, EachStorageTypeHasTurnsOfItsOwn) {
  Volumes disks({100, 100}), ssds({100}, StorageType::kSsd);
  VolumeChoice choice({});
  for (const char* expected : {"0", "1", "0"}) {
    EXPECT_EQ(disks.chosen(choice, 1), expected);
    EXPECT_EQ(ssds.chosen(choice, 1), "0");
  }
}

TEST(VolumeChoice, BalancedVolumesTakeTurnsWhateverThePolicy) {
  Volumes volumes({100, 90, 95});
  VolumeChoice choice({.policy = VolumeChoice::Policy::kAvailableSpace, .balanced_bytes = 10, .preference = 0.9});
  EXPECT_EQ(volumes.chosen(choice, 4), "0 1 2 0");
}

TEST(VolumeChoice, MoreReplicasGoWhereMoreSpaceIs) {
  Volumes volumes({1000, 100, 900});
  VolumeChoice choice(
      {.policy = VolumeChoice::Policy::kAvailableSpace, .balanced_bytes = 50, .preference = 0.75, .seed = 3});
  std::map<Volume*, int> counts;
  for (int i = 0; i < 7000; ++i) ++counts[choice.choose(volumes.all, 1)];
  // Stock's formula: the share of the two is 2*0.75 / (2*0.75 + 1*0.25) = 6/7.
  EXPECT_NEAR(counts[volumes.all[1]], 1000, 150);
  EXPECT_NEAR(counts[volumes.all[0]], counts[volumes.all[2]], 1);
  // Nothing fits on the one with little space.
  EXPECT_EQ(volumes.chosen(choice, 2, 200).find('1'), std::string::npos);
  VolumeChoice always({.policy = VolumeChoice::Policy::kAvailableSpace, .balanced_bytes = 50, .preference = 0.0});
  EXPECT_EQ(volumes.chosen(always, 3), "1 1 1");
}

}  // namespace
}  // namespace dfs::datanode
