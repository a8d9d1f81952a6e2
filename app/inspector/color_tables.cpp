#include "inspector/color_tables.hpp"

#include <QtGlobal>

#include <algorithm>
#include <cmath>
#include <span>

namespace
{

// Teal: from just above the panel to ink (light) or glow (dark). The middle stops keep the hue while OKLab would grey
// it.
constexpr std::array<QRgb, 4> kTealLight{0xffdee9e5, 0xff7fb5ac, 0xff1d7a70, 0xff04332f};
constexpr std::array<QRgb, 4> kTealDark{0xff263436, 0xff2f746d, 0xff4cc2b0, 0xffb4fbe6};
constexpr std::array<QRgb, 2> kGreyLight{0xffe4e4e0, 0xff17191b};
constexpr std::array<QRgb, 2> kGreyDark{0xff33383d, 0xfff4f5f6};
// Anchors of matplotlib's viridis (CC0) and of cividis (Nuñez, Anderton, Renslow, PLoS ONE 2018, public domain).
constexpr std::array<QRgb, 10> kViridis{0xff440154, 0xff482878, 0xff3e4a89, 0xff31688e, 0xff26828e,
                                        0xff1f9e89, 0xff35b779, 0xff6ece58, 0xffb5de2b, 0xfffde725};
constexpr std::array<QRgb, 11> kCividis{0xff00224e, 0xff123570, 0xff3b496c, 0xff575d6d, 0xff707173, 0xff8a8779,
                                        0xffa59c74, 0xffc3b369, 0xffe1cc55, 0xfff3db4f, 0xfffee838};
constexpr std::array<QRgb, 5> kDivergingLight{0xff08407c, 0xff6aa3d8, 0xffe7e7e4, 0xffe09a55, 0xff8f3d04};
constexpr std::array<QRgb, 5> kDivergingDark{0xff8cc8ff, 0xff2f6cab, 0xff31363b, 0xffa9601f, 0xffffc183};

struct Lab {
    double l = 0, a = 0, b = 0;
};

double toLinear(int channel)
{
    const double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

int toChannel(double linear)
{
    const double c = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
    return static_cast<int>(std::lround(std::clamp(c, 0.0, 1.0) * 255));
}

// OKLab (Ottosson 2020): equal steps in it look equal, so equal differences of data do too.
Lab toLab(QRgb rgb)
{
    const double r = toLinear(qRed(rgb)), g = toLinear(qGreen(rgb)), b = toLinear(qBlue(rgb));
    const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

QRgb toRgb(const Lab& c)
{
    const double l = std::pow(c.l + 0.3963377774 * c.a + 0.2158037573 * c.b, 3);
    const double m = std::pow(c.l - 0.1055613458 * c.a - 0.0638541728 * c.b, 3);
    const double s = std::pow(c.l - 0.0894841775 * c.a - 1.2914855480 * c.b, 3);
    return qRgb(toChannel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                toChannel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                toChannel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

ColorTable interpolate(std::span<const QRgb> stops)
{
    ColorTable table;
    for (size_t i = 0; i < table.entries.size(); ++i) {
        const double at = double(i) / double(table.entries.size() - 1) * double(stops.size() - 1);
        const size_t left = std::min(static_cast<size_t>(at), stops.size() - 2);
        const double t = at - double(left);
        const Lab p = toLab(stops[left]), q = toLab(stops[left + 1]);
        table.entries[i] = toRgb({p.l + (q.l - p.l) * t, p.a + (q.a - p.a) * t, p.b + (q.b - p.b) * t});
    }
    return table;
}

// On paper, high must be dark, so the tables made for dark grounds are read from their bright end.
ColorTable reversed(ColorTable table)
{
    std::reverse(table.entries.begin(), table.entries.end());
    return table;
}

} // namespace

QRgb ColorTable::at(double share) const
{
    const double last = double(entries.size() - 1);
    return entries[static_cast<size_t>(std::lround(std::clamp(share, 0.0, 1.0) * last))];
}

const ColorTable& sequentialTable(Colormap map, bool dark)
{
    static const ColorTable tealLight = interpolate(kTealLight), tealDark = interpolate(kTealDark);
    static const ColorTable greyLight = interpolate(kGreyLight), greyDark = interpolate(kGreyDark);
    static const ColorTable viridisDark = interpolate(kViridis), viridisLight = reversed(viridisDark);
    static const ColorTable cividisDark = interpolate(kCividis), cividisLight = reversed(cividisDark);
    switch (map) {
    case Colormap::Teal:
        break;
    case Colormap::Cividis:
        return dark ? cividisDark : cividisLight;
    case Colormap::Viridis:
        return dark ? viridisDark : viridisLight;
    case Colormap::Grey:
        return dark ? greyDark : greyLight;
    }
    return dark ? tealDark : tealLight;
}

const ColorTable& divergingTable(bool dark)
{
    static const ColorTable light = interpolate(kDivergingLight), night = interpolate(kDivergingDark);
    return dark ? night : light;
}

Colormap colormapFromName(QStringView name)
{
    if (name == u"cividis")
        return Colormap::Cividis;
    if (name == u"viridis")
        return Colormap::Viridis;
    return name == u"grey" ? Colormap::Grey : Colormap::Teal;
}
