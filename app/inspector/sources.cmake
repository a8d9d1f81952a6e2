list(APPEND CONCLAVE_APP_SOURCES
  inspector/balance_model.cpp inspector/balance_model.hpp
  inspector/chance_bands.cpp inspector/chance_bands.hpp
  inspector/color_ramp_item.cpp inspector/color_ramp_item.hpp
  inspector/color_tables.cpp inspector/color_tables.hpp
  inspector/device_monitor.cpp inspector/device_monitor.hpp
  inspector/expert_map_image.cpp inspector/expert_map_image.hpp
  inspector/expert_map_cursor.cpp inspector/expert_map_item.cpp inspector/expert_map_item.hpp
  inspector/expert_map_layout.cpp inspector/expert_map_layout.hpp
  inspector/expert_map_plane.cpp inspector/expert_map_plane.hpp
  inspector/expert_table.cpp inspector/expert_table.hpp
  inspector/inspector.cpp inspector/inspector.hpp
  inspector/map_mode.hpp
  inspector/route_text.cpp inspector/route_text.hpp
  inspector/routing_history.cpp inspector/routing_history.hpp
  inspector/routing_metrics.cpp inspector/routing_metrics.hpp
  inspector/token_routes.cpp inspector/token_routes.hpp
  inspector/trace_history.cpp inspector/trace_history.hpp)
