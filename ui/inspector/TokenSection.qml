pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Conclave.App
import Conclave.Controls

// One token: which experts of a layer it was sent to, how strongly, and how close the choice was.
ColumnLayout {
    id: root

    required property Inspector inspector

    spacing: Theme.space1

    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.space1

        BodyText {
            Layout.fillWidth: true
            color: Theme.accent
            elide: Text.ElideRight
            font.weight: Font.DemiBold
            lineHeight: 1
            text: root.inspector.tokenTitle
            wrapMode: Text.NoWrap
            Accessible.role: Accessible.Heading
            Accessible.name: qsTr("Token %1").arg(text)
        }
        ActionButton {
            Layout.preferredHeight: 26
            text: qsTr("Newest")
            toolTip: qsTr("Go back to the newest token and stay with it.")
            visible: !root.inspector.followsLatest
            onClicked: root.inspector.followLatest()
        }
        Stepper {
            nextName: qsTr("Next token")
            previousName: qsTr("Previous token")
            onNext: root.inspector.stepToken(1)
            onPrevious: root.inspector.stepToken(-1)
        }
    }
    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.space1

        SmallText {
            Layout.fillWidth: true
            text: root.inspector.tokenDetail
            Accessible.role: Accessible.StaticText
            Accessible.name: text

            HoverHandler { id: detailHover }
            ToolTipArea {
                text: qsTr("p is the probability the model gave this token; its surprise in bit is −log₂ p.")
                visible: detailHover.hovered
            }
        }
        Stepper {
            canNext: root.inspector.layer < root.inspector.layerCount - 1
            canPrevious: root.inspector.layer > 0
            nextName: qsTr("Next layer")
            previousName: qsTr("Previous layer")
            text: root.inspector.layerText
            onNext: root.inspector.stepLayer(1)
            onPrevious: root.inspector.stepLayer(-1)
        }
    }
    Repeater {
        model: root.inspector.routes

        RouteBar { Layout.fillWidth: true }
    }
    SmallText {
        Layout.fillWidth: true
        Layout.topMargin: Theme.space1
        elide: Text.ElideNone
        lineHeight: 1.3
        text: root.inspector.routeNote
        wrapMode: Text.Wrap
        Accessible.role: Accessible.StaticText
        Accessible.name: text

        HoverHandler { id: noteHover }
        ToolTipArea {
            text: qsTr("The router scores every expert of the open groups and takes the best; the margin is the score between the last one taken and the next.")
            visible: noteHover.hovered
        }
    }
}
