#include "namenode/web/operator_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "namenode/web/page.h"
#include "proto/metrics/jmx.h"

namespace dfs::namenode {
namespace {

using metrics::Array;
using metrics::JsonLayout;
using metrics::Object;

constexpr std::string_view kJson = "application/json;charset=utf-8";
constexpr std::string_view kXml = "text/xml;charset=utf-8";

bool wants_json(const http::Request& request) {
  auto accept = request.headers.find("Accept");
  return accept && accept->find("json") != std::string_view::npos;
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '\r') {
      out += "&#13;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string as_xml(const std::vector<Configuration::Setting>& properties, const Redaction& redaction) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><configuration>\n";
  for (const Configuration::Setting& property : properties) {
    xml += fmt::format("<property><name>{}</name><value>{}</value><final>{}</final><source>{}</source></property>\n",
                       xml_text(property.name), redaction.is_secret(property.name) ? "******" : xml_text(property.text),
                       property.final, xml_text(property.resource));
  }
  return xml + "</configuration>";
}

Object as_json(const Configuration::Setting& property, const Redaction& redaction) {
  return {{"key", property.name},
          {"value", redaction.is_secret(property.name) ? std::string("<redacted>") : property.expanded},
          {"isFinal", property.final},
          {"resource", property.resource}};
}

}  // namespace

http::Response jmx_page(const http::Request& request, const Sample& sample) {
  auto parameter = [&](std::string_view name) -> std::optional<std::string> {
    auto value = request.query.find(name);
    return value ? std::optional<std::string>(*value) : std::nullopt;
  };
  http::Response response =
      page(200, "application/json; charset=utf8",
           metrics::jmx_answer(beans_of(sample), {.query = parameter("qry"), .attribute = parameter("get")}));
  response.headers.add("Access-Control-Allow-Methods", "GET");
  response.headers.add("Access-Control-Allow-Origin", "*");
  return response;
}

http::Response prometheus_page(const Sample& sample) {
  return page(200, "text/plain;charset=utf-8", metrics::prometheus_text(sources_of(sample)));
}

http::Response configuration_page(const http::Request& request, const Configuration& configuration,
                                  const Redaction& redaction) {
  const bool json = wants_json(request);
  std::vector<Configuration::Setting> properties = configuration.settings();
  auto name = request.query.find("name");
  if (name && !name->empty()) {
    std::erase_if(properties, [&](const Configuration::Setting& property) {
      return property.name != *name || (json && property.expanded.empty());
    });
    // Without a word: the servlet has taken the writer that an error page would need.
    if (properties.empty()) return page(404, json ? kJson : kXml, "");
    if (json) {
      return page(200, kJson,
                  metrics::to_json(Object{{"property", as_json(properties.front(), redaction)}}, JsonLayout::kCompact));
    }
  }
  if (!json) return page(200, kXml, as_xml(properties, redaction));
  Array all;
  for (const Configuration::Setting& property : properties) all.emplace_back(as_json(property, redaction));
  return page(200, kJson, metrics::to_json(Object{{"properties", std::move(all)}}, JsonLayout::kCompact));
}

http::Response is_active_page() {
  http::Response response = page(200, "text/plain;charset=utf-8", "I am Active!");
  response.headers.add("Connection", "close");
  return response;
}

http::Response startup_progress_page(const StartupProgress::View& view) {
  return page(200, kJson, startup_progress_json(view));
}

http::Response topology_page(const http::Request& request, const DatanodeView& datanodes) {
  std::map<std::string, std::map<std::string, std::string>> racks;
  for (const DatanodeStatus& datanode : datanodes.datanodes) {
    if (datanode.liveness == DatanodeLiveness::kDead) continue;
    racks[datanode.network_location].emplace(fmt::format("{}:{}", datanode.ip_address, datanode.transfer_port),
                                             datanode.host_name);
  }
  const bool json = wants_json(request);
  if (racks.empty()) return page(200, json ? kJson : "text/plain;charset=utf-8", "No DataNodes");
  if (!json) {
    std::string text;
    for (const auto& [rack, nodes] : racks) {
      text += fmt::format("Rack: {}\n", rack);
      for (const auto& [address, host] : nodes) {
        text += host.empty() ? fmt::format("   {}\n", address) : fmt::format("   {} ({})\n", address, host);
      }
      text += '\n';
    }
    return page(200, "text/plain;charset=utf-8", std::move(text));
  }
  Array all;
  for (const auto& [rack, nodes] : racks) {
    Array listed;
    for (const auto& [address, host] : nodes) {
      Object node = {{"ip", address}};
      if (!host.empty()) node.emplace_back("hostname", host);
      listed.emplace_back(std::move(node));
    }
    all.emplace_back(Object{{rack, std::move(listed)}});
  }
  return page(200, kJson, metrics::to_json(std::move(all), JsonLayout::kCompact));
}

}  // namespace dfs::namenode
