#pragma once

#include <QObject>
#include <QQuickWindow>
#include <QTemporaryDir>
#include <QUrl>

#include <memory>

#include "system/process_clock.hpp"

class Application;

/// The whole program, with its built-in model, on a profile that ends with the test: import Conclave.WindowTest.
class WindowFixture : public QObject
{
    Q_OBJECT
    Q_PROPERTY(QQuickWindow* window READ window NOTIFY windowChanged)
public:
    explicit WindowFixture(QObject* parent = nullptr);
    ~WindowFixture() override;

    QQuickWindow* window() const;

    /// Starts the program, or starts it again on what the last one left; false when there is no window with the focus.
    Q_INVOKABLE bool start(int width, int height, const QString& theme);
    Q_INVOKABLE void close();
    /// Gives the window the focus, as a desktop does when a dialog is closed.
    Q_INVOKABLE bool activate();
    /// The path of a model file that is not the built-in one, and of one that is none.
    Q_INVOKABLE QString modelFile() const;
    Q_INVOKABLE QString brokenFile() const;

    /// Every text that is shown, in the order of painting; a row of a conversation is one.
    Q_INVOKABLE QStringList texts() const;
    /// Paints the window, or the dialog before it, and says what cannot be read well. CONCLAVE_PICTURES=FOLDER keeps
    /// the pictures.
    Q_INVOKABLE QStringList unreadable(const QString& state) const;
    Q_INVOKABLE static QStringList unreadableIn(QQuickWindow* window, const QString& state);

signals:
    void windowChanged();

private:
    QQuickWindow* front() const; ///< the window, or the dialog it waits for

    const ProcessClock m_clock;
    QTemporaryDir m_folder;
    std::unique_ptr<Application> m_application;
};
