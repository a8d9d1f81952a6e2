#include "chat/conversation_style.hpp"

#include <KSyntaxHighlighting/Theme>

QColor ConversationStyle::codeColor(int style) const
{
    using KSyntaxHighlighting::Theme;
    switch (style) {
    case Theme::Keyword:
    case Theme::ControlFlow:
    case Theme::Import:
        return dark ? 0xff7cc7ff : 0xff0550ae;
    case Theme::Function:
    case Theme::BuiltIn:
    case Theme::Extension:
        return dark ? 0xffd2a8ff : 0xff6639ba;
    case Theme::DataType:
    case Theme::Attribute:
        return dark ? 0xff7ee0c6 : 0xff0b6b58;
    case Theme::Preprocessor:
    case Theme::Annotation:
        return dark ? 0xffffab70 : 0xff953800;
    case Theme::String:
    case Theme::Char:
    case Theme::SpecialString:
    case Theme::VerbatimString:
        return dark ? 0xffa5d68c : 0xff3a6b1f;
    case Theme::SpecialChar:
    case Theme::DecVal:
    case Theme::BaseN:
    case Theme::Float:
    case Theme::Constant:
        return dark ? 0xffffc27a : 0xff8a4b08;
    case Theme::Comment:
    case Theme::CommentVar:
    case Theme::Documentation:
    case Theme::RegionMarker:
        return dark ? 0xff8b949e : 0xff646c75;
    case Theme::Error:
    case Theme::Alert:
    case Theme::Warning:
        return dark ? 0xffff8a80 : 0xffb3261e;
    default:
        return text;
    }
}
