#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/metrics/bean.h"

namespace dfs::metrics {

// A javax.management.ObjectName that may hold patterns: "Hadoop:service=NameNode,name=Rpc*", "*:*".
class ObjectNamePattern {
 public:
  // Nothing where it is no object name.
  static std::optional<ObjectNamePattern> parse(std::string_view text);
  bool matches(std::string_view name) const;

 private:
  struct Property {
    std::string key, value;
  };
  static std::optional<ObjectNamePattern> split(std::string_view text, bool with_patterns);

  std::string domain_;
  std::vector<Property> properties_;
  bool open_ = false;  // further properties are allowed
};

// What /jmx answers (JMXJsonServlet), with status 200 also where something is wrong: the servlet sets another one when
// the answer is already on its way. `query`: which beans, all by default; `attribute`: "BEAN::ATTRIBUTE", instead.
struct JmxRequest {
  std::optional<std::string> query, attribute;
};
std::string jmx_answer(const std::vector<Bean>& beans, const JmxRequest& request);

}  // namespace dfs::metrics
