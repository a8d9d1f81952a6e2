#pragma once

#include <QRgb>
#include <QStringView>

#include <array>

/// Which sequential table the user chose.
enum class Colormap { Teal, Cividis, Viridis, Grey };

/// 256 opaque colours from low to high.
struct ColorTable {
    std::array<QRgb, 256> entries{};

    /// The colour of `share`, 0 to 1; beyond the ends, the end.
    QRgb at(double share) const;
};

/// Low is quiet on the panel's ground and high stands out: dark ink in the light theme, glow in the dark one.
const ColorTable& sequentialTable(Colormap map, bool dark);

/// Blue below, orange above, a neutral grey in the middle: 0 is far below, 1 far above.
const ColorTable& divergingTable(bool dark);

/// From the name in the settings: "teal", "cividis", "viridis", "grey"; any other name is teal.
Colormap colormapFromName(QStringView name);
