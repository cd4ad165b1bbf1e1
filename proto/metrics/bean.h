#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/metrics/value.h"

namespace dfs::metrics {

// What Hadoop publishes of itself, in its two shapes.

// An MBean: what /jmx lists.
struct Bean {
  std::string name;  // "Hadoop:service=NameNode,name=NameNodeInfo"
  std::string type;  // the Java class behind it in Hadoop
  Object attributes;
};

enum class MetricKind { kCounter, kGauge };
struct Metric {
  std::string name;  // as /jmx spells it: "CreateFileOps"
  std::string description;
  MetricKind kind = MetricKind::kCounter;
  Value value;  // a number
};
struct Tag {
  std::string name;
  Value value;  // a string or nothing
};

// A source of Hadoop's metrics2: a bean as well, and what /prom lists.
struct Source {
  std::string name;    // of the bean
  std::string record;  // names in Prometheus' text begin with it
  std::vector<Tag> tags;
  std::vector<Metric> metrics;

  void counter(std::string metric, std::string description, uint64_t value) {
    metrics.push_back({std::move(metric), std::move(description), MetricKind::kCounter, value});
  }
  // Hadoop lists what stands in fields by name, the number of samples before what they are on average.
  void sort_by_name();
  void gauge(std::string metric, std::string description, Value value) {
    metrics.push_back({std::move(metric), std::move(description), MetricKind::kGauge, std::move(value)});
  }
};

// `service`: "NameNode"
Bean bean_of(const Source& source, std::string_view service);

// The text of /prom, in the names of Hadoop's PrometheusMetricsSink.
std::string prometheus_text(const std::vector<Source>& sources);
// "FSNamesystem", "NumLiveDataNodes" -> "fs_namesystem_num_live_data_nodes"
std::string prometheus_name(std::string_view record, std::string_view metric);

}  // namespace dfs::metrics
