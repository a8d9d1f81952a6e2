#pragma once

#include <QTest>

class RoutingHistoryTest : public QObject
{
    Q_OBJECT
private slots:
    void countsEveryRow();
    void keepsRowsByPosition();
    void rejectsWhatDoesNotFit_data();
    void rejectsWhatDoesNotFit();
    void boundsMemoryAndKeepsCounts();
    void fadingMatchesItsDefinition();
    void fadingSurvivesLongRuns();
    void seesAWrongEngineSum();
    void readsATrace();
};

class RoutingMetricsTest : public QObject
{
    Q_OBJECT
private slots:
    void evenUse();
    void oneExpertTakesAll();
    void knownCounts();
    void absentWithoutTokens();
};

class ChanceBandsTest : public QObject
{
    Q_OBJECT
private slots:
    void meanMatchesTheBinomial();
    void singleLayerMatchesPublishedNulls();
    void groupsWidenTheBand();
    void sameSeedSameCurve();
    void extrapolationAgreesWithSimulation();
    void realChanceRunsLieInside();
    void cacheAnswersLaterAndOnce();
    void refusesImpossibleShapes();
};

class ExpertMapTest : public QObject
{
    Q_OBJECT
private slots:
    void tablesAreMonotone_data();
    void tablesAreMonotone();
    void divergingIsNeutralInTheMiddle();
    void niceScales();
    void planeModes();
    void layoutHitsItsOwnCells_data();
    void layoutHitsItsOwnCells();
    void pixelsEqualTheTable_data();
    void pixelsEqualTheTable();
    void ringsSurroundAllChosen();
    void itemDrawsAndSpeaks();
    void keyboardWalksTheMap();
};

class InspectorTest : public QObject
{
    Q_OBJECT
private slots:
    void statesInOrder();
    void figuresAndSum();
    void selectsAndFollows();
    void tableSortsAndSums();
    void marginAndGroups();
    void failsInOneSentence();
    void opensAnOlderAnswer();
    void idleWhileHidden();
    void costPerToken_data();
    void costPerToken();
};

class DeviceMonitorTest : public QObject
{
    Q_OBJECT
private slots:
    void absentIsSaid();
    void usedMemoryHasTheUnitOfTheWhole();
    void presentHasUnits();
    void pollsOnlyWhileActive();
};
