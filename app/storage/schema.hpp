#pragma once

#include <QStringList>

#include <span>
#include <vector>

class Database;

/// The statements that bring a database from version n to n + 1; step n is element n. Reaches disk: steps are only
/// added.
using SchemaSteps = std::vector<QStringList>;

/// The steps of this program.
const SchemaSteps& schemaSteps();

/// Thrown when the file was written by a newer program. Nothing was changed.
struct NewerSchema {
    int version = 0;
};

/// Brings `database` to the newest version, one transaction a step, so that a crash leaves a whole older version.
/// Throws StorageError or NewerSchema.
void migrate(Database& database, const SchemaSteps& steps = schemaSteps());
