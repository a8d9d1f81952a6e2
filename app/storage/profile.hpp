#pragma once

#include <QDir>
#include <QString>
#include <QTemporaryDir>

#include <memory>

#include "storage/database.hpp"

/// A profile folder opened for work: its database at the newest version, its traces folder, and what the user must
/// know.
struct Profile {
    /// Declared first, so that the files in it are closed before it is removed. Set when the profile itself cannot be
    /// used and the work goes into a copy that ends with the program.
    std::unique_ptr<QTemporaryDir> copy;
    std::unique_ptr<Database> database;
    QDir traces;
    QString notice; ///< one sentence, empty when all is well

    bool isKept() const { return !copy; }
};

/// Opens `dir`, making it when it is not there. A folder that cannot be written is worked on in a temporary copy; a
/// damaged database is moved aside, never deleted; one of a newer program is left alone. Throws StorageError when
/// nothing helps.
Profile openProfile(const QString& dir);

/// Marks the database as left in order; without the mark the next opening checks the whole file.
void markClosedCleanly(Database& database);
