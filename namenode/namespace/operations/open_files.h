#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/datanodes/datanode_view.h"
#include "namenode/namespace/operations/files.h"
#include "namenode/namespace/operations/preconditions.h"

// What the operations on files and blocks share.
namespace dfs::namenode::operations {

EditBlock edit_block(const BlockRow& row);
std::vector<EditBlock> edit_blocks(const std::vector<BlockRow>& rows);

// "Unexpected BlockPoolId ..." unless the block is of our pool.
Result<void> check_pool(const PlanContext& context, const NamedBlock& block);

// OP_CLOSE with these blocks, all complete.
CloseOp close_record(const PlanContext& context, const InodePath& path, const InodeRow& file,
                     const std::vector<BlockRow>& blocks);

// Of a complete block or one that is to be: enough replicas are known to be on disks.
Result<bool> has_minimum(const PlanContext& context, const BlockRow& block);
// What is to be answered about this block may be another answer once a DataNode has reported it: the client's call
// often overtakes the report, and clients that are told so sleep for some 400 ms.
void wait_for_report(const PlanContext& context, BlockId block);
// Of the last but one block, while some of its replicas are still expected to be reported (an answer waits for that). A
// block that once had enough and lost them is not waited for.
Result<bool> penultimate_has_minimum(const PlanContext& context, const InodeRow& file);

// Lets go of a file whose holder is gone, or that another client demands (FSNamesystem.internalReleaseLease): closes it
// if its blocks are complete, and otherwise starts the recovery of the last one, as its last step.
// `new_holder`: who has it while that goes on; nobody else if empty.
struct Released {
  bool closed = false;
  std::vector<EditRecord> records;
};
Result<Released> release_lease(const PlanContext& context, const InodePath& path, const OpenFile& file,
                               std::optional<std::string> new_holder);

// What stands in the way of a client that wants to write to a file which may be open (recoverLeaseInternal). `verb` is
// CREATE_FILE, APPEND_FILE or TRUNCATE_FILE. Nothing where the file is closed; an error where somebody has it. With the
// error come the records of a release that its age allowed.
struct Obstacle {
  Error error;
  std::vector<EditRecord> records;
};
Result<std::optional<Obstacle>> obstacle_to_writing(const PlanContext& context, const InodePath& path,
                                                    std::string_view verb, std::string_view holder);

std::optional<StorageNumber> find_storage(const DatanodeView& datanodes, const NamedStorage& storage);
std::vector<StorageNumber> find_storages(const DatanodeView& datanodes, const std::vector<NamedStorage>& storages);

// Where replicas of a block are or are expected, but for corrupt ones.
Result<std::vector<StorageNumber>> storages_of(const View& view, BlockId block);

}  // namespace dfs::namenode::operations
