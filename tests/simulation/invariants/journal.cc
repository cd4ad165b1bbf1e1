#include "tests/simulation/invariants/journal.h"

#include "namenode/inspection.h"
#include "namenode/storage_folders.h"

namespace dfs::simulation {

void check_journal(Cluster& cluster, History& history) {
  using namespace namenode;
  const Tables* live = cluster.tables();
  cluster.kill_namenode();
  const NameNodeSettings& settings = cluster.namenode_settings();
  const auto compared = [&]() -> Result<std::vector<std::string>> {
    DFS_TRY(auto journal, open_journal(settings, cluster.namenode_disk()));
    auto replayed = Tables::in_memory();
    DFS_TRY_OK(make_root(*replayed, settings.name_space));
    DFS_TRY_OK(bring_up(*journal, *replayed, settings));
    return compare(*live, *replayed);
  }();
  if (!compared) return history.problem("replay of the edit log: " + compared.error().to_string());
  for (const std::string& difference : *compared) history.problem("the live tables and the edit log: " + difference);
}

}  // namespace dfs::simulation
