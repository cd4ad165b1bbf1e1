#include "proto/metrics/jmx.h"

#include <algorithm>

namespace dfs::metrics {
namespace {

// '*' stands for any characters, '?' for one.
bool wildcard_matches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Object head_of(const Bean& bean) {
  return {{"name", bean.name}, {"modelerType", bean.type}};
}

std::string answer(Object fields) {
  return to_json(std::move(fields), JsonLayout::kPretty);
}

}  // namespace

std::optional<ObjectNamePattern> ObjectNamePattern::split(std::string_view text, bool with_patterns) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  ObjectNamePattern parsed;
  parsed.domain_ = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 1);
  if (rest.empty()) return std::nullopt;
  while (!rest.empty()) {
    std::string_view property = rest.substr(0, rest.find(','));
    rest.remove_prefix(property.size());
    const bool more = rest.starts_with(',');
    if (more) rest.remove_prefix(1);
    if (more && rest.empty()) return std::nullopt;
    if (with_patterns && property == "*") {
      if (parsed.open_) return std::nullopt;
      parsed.open_ = true;
      continue;
    }
    const size_t equals = property.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == property.size()) return std::nullopt;
    parsed.properties_.push_back({std::string(property.substr(0, equals)), std::string(property.substr(equals + 1))});
  }
  return parsed;
}

std::optional<ObjectNamePattern> ObjectNamePattern::parse(std::string_view text) {
  if (text.empty()) text = "*:*";
  return split(text, true);
}

bool ObjectNamePattern::matches(std::string_view name) const {
  std::optional<ObjectNamePattern> other = split(name, false);
  if (!other || !wildcard_matches(domain_, other->domain_)) return false;
  if (!open_ && properties_.size() != other->properties_.size()) return false;
  return std::ranges::all_of(properties_, [&](const Property& wanted) {
    return std::ranges::any_of(other->properties_, [&](const Property& there) {
      return there.key == wanted.key && wildcard_matches(wanted.value, there.value);
    });
  });
}

std::string jmx_answer(const std::vector<Bean>& beans, const JmxRequest& request) {
  std::string query = request.query.value_or("*:*");
  std::optional<std::string> attribute;
  if (request.attribute) {
    const size_t middle = request.attribute->find("::");
    if (middle == std::string::npos || middle == 0 || middle + 2 == request.attribute->size() ||
        request.attribute->find("::", middle + 2) != std::string::npos) {
      return answer({{"result", "ERROR"}, {"message", "query format is not as expected."}});
    }
    query = request.attribute->substr(0, middle);
    attribute = request.attribute->substr(middle + 2);
  }
  std::optional<ObjectNamePattern> pattern = ObjectNamePattern::parse(query);
  if (!pattern) return answer({});
  Array listed;
  for (const Bean& bean : beans) {
    if (!pattern->matches(bean.name)) continue;
    Object fields = head_of(bean);
    if (!attribute) {
      fields.insert(fields.end(), bean.attributes.begin(), bean.attributes.end());
    } else {
      auto found = std::ranges::find(bean.attributes, *attribute, [](const auto& field) { return field.first; });
      if (found == bean.attributes.end() || found->second.is_null()) {
        fields.emplace_back("result", "ERROR");
        fields.emplace_back("message", "No attribute with name " + *attribute + " was found.");
        listed.emplace_back(std::move(fields));
        return answer({{"beans", std::move(listed)}});
      }
      fields.push_back(*found);
    }
    listed.emplace_back(std::move(fields));
  }
  return answer({{"beans", std::move(listed)}});
}

}  // namespace dfs::metrics
