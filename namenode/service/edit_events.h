#pragma once

#include "namenode/journal/edit_record.h"
#include "proto/hadoop/inotify.pb.h"

namespace dfs::namenode {

// Adds what a record means to those who follow the namespace to `out` (InotifyFSEditLogOpTranslator); nothing for most
// kinds of records.
void add_events(const EditRecord& record, hadoop::hdfs::EventBatchProto& out);

}  // namespace dfs::namenode
