#include "proto/metrics/bean.h"

#include <fmt/format.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

namespace dfs::metrics {
namespace {

double number_of(const Value& value) {
  if (const auto* whole = std::get_if<int64_t>(&value.held)) return double(*whole);
  if (const auto* real = std::get_if<float>(&value.held)) return double(*real);
  if (const auto* real = std::get_if<double>(&value.held)) return *real;
  return 0;
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = char(std::tolower(uint8_t(c)));
  return lowered;
}

std::string capitalized(std::string_view text) {
  std::string word(text);
  if (!word.empty()) word[0] = char(std::toupper(uint8_t(word[0])));
  return word;
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

prometheus::ClientMetric sample_of(const Source& source, const Metric& metric) {
  prometheus::ClientMetric sample;
  for (const Tag& tag : source.tags) {
    // One that changes with each connection would be a new time series each time.
    if (tag.name == "NumOpenConnectionsPerUser") continue;
    const auto* text = std::get_if<std::string>(&tag.value.held);
    sample.label.push_back({lower(tag.name), text ? *text : "null"});
  }
  if (metric.kind == MetricKind::kCounter) {
    sample.counter.value = number_of(metric.value);
  } else {
    sample.gauge.value = number_of(metric.value);
  }
  return sample;
}

}  // namespace

void Source::sort_by_name() {
  auto key = [](const Metric& metric) {
    std::string_view name = metric.name;
    for (std::string_view suffix : {"NumOps", "AvgTime", "AvgCount"}) {
      if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
    }
    return std::pair(std::string(name), !metric.name.ends_with("NumOps"));
  };
  std::ranges::sort(metrics, {}, key);
}

Bean bean_of(const Source& source, std::string_view service) {
  Bean bean{
      .name = fmt::format("Hadoop:service={},name={}", service, source.name), .type = source.name, .attributes = {}};
  for (const Tag& tag : source.tags) bean.attributes.emplace_back("tag." + tag.name, tag.value);
  for (const Metric& metric : source.metrics) bean.attributes.emplace_back(metric.name, metric.value);
  return bean;
}

// PrometheusMetricsSink.SPLIT_PATTERN: a word begins with a capital behind something else than a capital, and with a
// capital that a small letter follows.
std::string prometheus_name(std::string_view record, std::string_view metric) {
  const std::string joined = capitalized(record) + capitalized(metric);
  std::string name;
  for (size_t i = 0; i < joined.size(); ++i) {
    const bool after_capital = i > 0 && (is_upper(joined[i - 1]) || joined[i - 1] == '_');
    const bool before_small = i + 1 < joined.size() && is_lower(joined[i + 1]);
    const bool begins = i > 0 && is_upper(joined[i]) && (!after_capital || before_small);
    const bool separates = !std::isalnum(uint8_t(joined[i]));
    if ((begins || separates) && !name.ends_with('_')) name += '_';
    if (!separates) name += char(std::tolower(uint8_t(joined[i])));
  }
  return name;
}

std::string prometheus_text(const std::vector<Source>& sources) {
  std::vector<prometheus::MetricFamily> families;
  std::map<std::string, size_t> by_name;
  for (const Source& source : sources) {
    for (const Metric& metric : source.metrics) {
      auto [position, fresh] = by_name.emplace(prometheus_name(source.record, metric.name), families.size());
      if (fresh) {
        families.push_back({.name = position->first,
                            .help = metric.description,
                            .type = metric.kind == MetricKind::kCounter ? prometheus::MetricType::Counter
                                                                        : prometheus::MetricType::Gauge,
                            .metric = {}});
      }
      families[position->second].metric.push_back(sample_of(source, metric));
    }
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return std::move(out).str();
}

}  // namespace dfs::metrics
