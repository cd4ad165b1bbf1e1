#pragma once

#include <memory>
#include <string>

#include "namenode/image/image_folder.h"
#include "namenode/journal/journal.h"
#include "namenode/settings.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// Where a NameNode's state lies: the edit log as Hadoop keeps it, our tables beside it.
JournalSettings journal_settings(const NameNodeSettings& settings);
// All folders whose disks must have room.
std::vector<std::string> watched_directories(const NameNodeSettings& settings);

// The tables lie in one folder of dfs.namenode.name.dir, with copies in the others that checkpoints make
// (TablesCopies). This is the folder that is ahead; the first one where none has any.
Result<std::string> tables_directory(const NameNodeSettings& settings);
std::vector<std::string> all_tables_directories(const NameNodeSettings& settings);

// Makes the folder for tables, durably: edits are purged because the tables hold them.
Result<void> make_tables_directory(Disk& disk, const std::string& directory);

// Marks new tables as those of this cluster. kIllegalState where they are another's: its blocks would be taken for
// ours.
Result<void> claim_tables(Tables& tables, const StorageVersion& version);
// Empty tables get the rows of an empty namespace; the edit log brings the rest. Tables without a count of what quotas
// need get one.
Result<void> make_root(Tables& tables, const NamespaceSettings& settings);

// The edit log of the folders. What an image in them holds may be missing from it.
Result<std::unique_ptr<Journal>> open_journal(const NameNodeSettings& settings, Disk& disk = Disk::posix());
// The tables in `directory` (tables_directory()), from where the edit log goes on. Where there are none, or the log
// does not reach back to them (a stock NameNode has worked in the folders meanwhile), they are made of the newest
// image: a folder of a stopped Hadoop NameNode needs nothing else.
Result<std::unique_ptr<Tables>> open_tables(const NameNodeSettings& settings, const std::string& directory,
                                            const Journal& journal, Tables::DurableGate gate,
                                            Disk& disk = Disk::posix(),
                                            const OpenTables& open_in = Tables::open_rocksdb);
// As the newest image says, or an empty namespace where there is none; nothing on disk changes.
Result<std::unique_ptr<Tables>> tables_before_the_log(const NameNodeSettings& settings, const Journal& journal);

}  // namespace dfs::namenode
