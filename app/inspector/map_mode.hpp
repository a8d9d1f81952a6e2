#pragma once

#include <QObject>
#include <QtQml/qqmlregistration.h>

/// What a cell of the expert map stands for.
namespace MapModes
{
Q_NAMESPACE
QML_NAMED_ELEMENT(MapMode)

enum Value {
    Now,    ///< the router's weight for one token
    Fading, ///< mean weight per token, older tokens counting less
    Total,  ///< how many tokens used the expert
    Lift,   ///< uses against a uniform router's, log2
};
Q_ENUM_NS(Value)
} // namespace MapModes

using MapMode = MapModes::Value;
