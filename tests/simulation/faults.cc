#include "tests/simulation/faults.h"

#include "proto/base/log.h"
#include "tests/simulation/kernel/network.h"

namespace dfs::simulation {
namespace {

void trouble(Cluster& cluster, const FaultSettings& settings) {
  Scheduler& simulation = *Scheduler::running();
  Network& network = Network::instance();
  const size_t i = simulation.draw(cluster.datanode_count());
  Cluster::DataNodeHost& one = cluster.datanode(i);
  switch (simulation.draw(14)) {
    case 0:
    case 1:
    case 2:
      if (!one.node) break;
      if (settings.power_cuts && simulation.draw(2) == 0) {
        log::info("simulation: the power of {} is cut", one.host.name);
        cluster.cut_power_of_datanode(i);
      } else {
        log::info("simulation: {} is killed", one.host.name);
        cluster.kill_datanode(i);
      }
      break;
    case 3:
    case 4:
    case 5:
      if (one.node) break;
      log::info("simulation: {} starts", one.host.name);
      cluster.start_datanode(i);
      break;
    case 6:
      log::info("simulation: connections of {} break", one.host.name);
      network.reset_connections(one.host, 1 + simulation.draw(3));
      break;
    case 7:
      log::info("simulation: {} {}", one.host.name, one.host.paused ? "goes on" : "stands still");
      one.host.paused ? simulation.resume(one.host) : simulation.pause(one.host);
      break;
    case 8: {
      const size_t other = simulation.draw(cluster.datanode_count() + 1);
      Host& host = other == cluster.datanode_count() ? cluster.namenode_host() : cluster.datanode(other).host;
      if (&host == &one.host) break;
      log::info("simulation: {} and {} are parted", one.host.name, host.name);
      network.part(one.host, host);
      break;
    }
    case 9:
      network.heal();
      break;
    case 10:
      log::info("simulation: {} is slow", one.host.name);
      network.slow_down(one.host, 20'000 + simulation.draw(1'000'000), simulation.draw(30 * kMillisecond));
      break;
    case 11:
      network.speed_up(one.host);
      break;
    case 12:
      if (settings.disk_errors) {
        const auto operation = DiskOperation(simulation.draw(kDiskOperationCount));
        log::info("simulation: operation {} of {}'s disk fails", int(operation), one.host.name);
        one.faults.arm(
            {.operation = operation, .on_path = {}, .skip = simulation.draw(4), .times = 1 + simulation.draw(2)});
      } else {
        one.pace.stuck_until_ns = simulation.now() + simulation.draw(4 * kSecond);
      }
      break;
    case 13:
      if (!settings.namenode_too || !cluster.namenode_is_up()) break;
      if (settings.power_cuts && simulation.draw(2) == 0) {
        log::info("simulation: the power of the NameNode is cut");
        cluster.cut_power_of_namenode();
      } else {
        log::info("simulation: the NameNode is killed");
        cluster.kill_namenode();
      }
      Cluster::pass(simulation.draw(2 * kSecond));
      log::info("simulation: the NameNode starts");
      cluster.start_namenode();
      break;
  }
}

void make_well(Cluster& cluster, const FaultSettings& settings) {
  Scheduler& simulation = *Scheduler::running();
  Network::instance().heal();
  if (!Cluster::wait_until(60 * kSecond, [&] { return cluster.namenode_is_up(); }))
    give_up("the NameNode does not start");
  for (size_t i = 0; i < cluster.datanode_count(); ++i) {
    Cluster::DataNodeHost& one = cluster.datanode(i);
    simulation.resume(one.host);
    Network::instance().speed_up(one.host);
    one.faults.disarm();
    one.pace.stuck_until_ns = 0;
    // A volume that has failed is looked at again by the next process alone.
    if (one.node && (settings.disk_errors || !one.failure.empty())) cluster.kill_datanode(i);
    if (!one.node) cluster.start_datanode(i);
  }
  for (size_t i = 0; i < cluster.datanode_count(); ++i) {
    if (!Cluster::wait_until(300 * kSecond, [&] { return cluster.is_up(i); })) {
      give_up(cluster.datanode(i).host.name + " does not start: " + cluster.datanode(i).failure);
    }
  }
}

}  // namespace

void make_trouble(Cluster& cluster, const FaultSettings& settings, const std::function<bool()>& ends) {
  Scheduler& simulation = *Scheduler::running();
  const Nanoseconds latest = simulation.now() + 120 * kSecond;
  while (!ends() && simulation.now() < latest) {
    const Nanoseconds pause = 1 + simulation.draw(settings.pause_max);
    Cluster::wait_until(pause, ends);
    if (!ends()) trouble(cluster, settings);
  }
  log::info("simulation: everything is made well");
  make_well(cluster, settings);
}

}  // namespace dfs::simulation
