#pragma once

#include <string>
#include <vector>

#include "namenode/settings.h"

namespace dfs::namenode {

// Between the folders of `settings`, whose NameNode is stopped, and those of a stopped stock NameNode. Both lock the
// folders of `settings` as the NameNode does, and return lines that say what was done.

// Takes the newest image of Hadoop's name folder `from` and the edits after it over into the folders of `settings`,
// which hold no namespace yet; `from` stays as it is. After an error they hold none either. (Without this our NameNode
// also starts on `from` itself.)
Result<std::vector<std::string>> import_name_folder(const NameNodeSettings& settings, const std::string& from);

// Writes what the namespace is at the end of the edit log into the folder `to`, from which a stock NameNode starts.
// Refused where `to` holds a namespace.
Result<std::vector<std::string>> export_name_folder(const NameNodeSettings& settings, const std::string& to);

}  // namespace dfs::namenode
