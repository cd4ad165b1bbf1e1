#pragma once

#include <string>

#include "namenode/datanodes/datanode_view.h"
#include "namenode/metrics/sample.h"
#include "proto/config/configuration.h"
#include "proto/config/redaction.h"
#include "proto/http/message.h"

// The pages that operators and their scrapers ask for, each as Hadoop's servlet of that name answers.
namespace dfs::namenode {

http::Response jmx_page(const http::Request& request, const Sample& sample);
http::Response prometheus_page(const Sample& sample);
// XML, or JSON where the Accept header wants it; of one property with `name=`.
http::Response configuration_page(const http::Request& request, const Configuration& configuration,
                                  const Redaction& redaction);
http::Response is_active_page();
http::Response startup_progress_page(const StartupProgress::View& view);
// Text, or JSON where the Accept header wants it.
http::Response topology_page(const http::Request& request, const DatanodeView& datanodes);

}  // namespace dfs::namenode
