#include <QFile>
#include <QRandomGenerator>
#include <QTest>

#include "chat/markdown_blocks.hpp"
#include "chat/markdown_inline.hpp"

namespace
{

/// A row as one line of text: kind, nesting, marker, text with its marks.
QString shown(const MarkdownBlocks& blocks, const MarkdownRow& row)
{
    static const QStringList kinds{QStringLiteral("p"),  QStringLiteral("h"),  QStringLiteral("code"),
                                   QStringLiteral("th"), QStringLiteral("tr"), QStringLiteral("rule")};
    QString out = kinds[static_cast<int>(row.kind)];
    if (row.kind == MarkdownKind::Heading)
        out += QString::number(row.level);
    if (row.quoteDepth > 0)
        out += QStringLiteral(" q%1").arg(row.quoteDepth);
    if (row.listDepth > 0)
        out += QStringLiteral(" l%1").arg(row.listDepth);
    if (row.startsItem)
        out += row.ordered ? QStringLiteral(" %1.").arg(row.number)
               : row.task  ? (row.taskDone ? QStringLiteral(" [x]") : QStringLiteral(" [ ]"))
                           : QStringLiteral(" *");
    if (row.continues)
        out += QStringLiteral(" +");
    const RowText text = renderRow(blocks, row);
    out += QStringLiteral("|");
    int at = 0;
    for (const TextRun& run : text.runs) {
        out += text.text.sliced(at, run.start - at) + QStringLiteral("{") + QString::number(run.flags) +
               QStringLiteral(":") + text.text.sliced(run.start, run.length) +
               (run.link >= 0 ? QStringLiteral("->") + text.links[run.link] : QString()) + QStringLiteral("}");
        at = run.start + run.length;
    }
    out += text.text.sliced(at);
    return out.replace(QChar::LineSeparator, u'/').replace(u'\t', u'&');
}

QStringList shown(const MarkdownBlocks& blocks)
{
    QStringList rows;
    for (const MarkdownRow& row : blocks.rows())
        rows << shown(blocks, row);
    return rows;
}

QStringList whole(const QByteArray& text)
{
    MarkdownBlocks blocks;
    blocks.append(text);
    blocks.finish();
    return shown(blocks);
}

/// Inputs that have broken Markdown renderers, and every construct there is; joined in random order for more.
const QList<QByteArray>& corpus()
{
    static const QList<QByteArray> texts{
        "Plain text.\n\nTwo paragraphs, *one* with **marks** and `code`.\n",
        "# One\n## Two #\nSetext\n===\nAnother\nof two lines\n---\n#no\n####### seven\n",
        "- a\n- b\n  - c\n    - d\n      text of d\n\n    after c\n- e\n\n\n- f\n* other list\n",
        "1. one\n2. two\n7. three\n   continued\n\n   second paragraph\n\n   ```py\n   x = 1\n   ```\n4. four\n",
        "1986\\. not a list\n1) one\n2) two\n- [ ] open\n- [x] done *now*\n- [y] no\n",
        "> quote\nlazy\n> > deeper\n> - item\n> - item 2\nlazy item\n\n> new quote\n",
        "```cpp\nint main() { return 0; }\n\n  // **not bold**\n```\nafter\n~~~\ntilde ``` inside\n~~~~\n",
        "````\n```\nnested fence\n```\n````\n```unclosed\nline\n",
        "| a | b |\n|---|:-:|\n| 1 | `x\\|y` |\n| **2** |\n| 3 | 4 | 5 |\nnot | a row?\n\nafter\n",
        "a | b\n--|--\n1 | 2\n> quote ends it\n",
        "| not | a table |\n| --- |\n",
        "***\n---\n___\n- - -\n* * *\nfoo\n***\nbar\n",
        "Text with [link](https://example.org \"t\"), [bad](javascript:alert(1)), <https://a.b/c>, www.example.com and "
        "me@example.org. ![an *image*](http://x/y.png)\n",
        "See [one], [two][2] and [three][].\n\n[one]: https://one.example\n[2]: <https://two.example> 'T'\n[THREE]: "
        "/rel\n",
        "[late] text\n\n- [late] in a list\n\n[late]: mailto:a@b.c\n",
        "<div>raw **html**</div>\n\n<script>alert(1)</script> &amp; &copy; &#65; &bogus; <br>\n",
        "Hard  \nbreak\\\nbreak and soft\nbreak\n",
        "**unclosed and *nested ** marks* __x__ ~~gone~~ `` ` `` \\*escaped\\*\n",
        "$E = mc^2$ and $$\\int_0^1 x\n dx$$ but $5 and 10$ no\n",
        "\xd8\xa7\xd9\x84\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a\xd8\xa9 **\xd9\x86\xd8\xb5** "
        "\xe4\xb8\xad\xe6\x96\x87\xe3\x80\x82"
        "\xf0\x9f\x98\x80 emoji\n",
        "-\n- \n-\n\n  after empty\n\n1.\n2. x\n",
        "\t- tab list\n\t\ttext\n-\ttab after\n    indented is text\n",
        "text\n- interrupts\ntext\n2. does not\ntext\n1. does\n",
        "windows\r\nlines\r\n\r\n- a\r\n- b\r\n\r\n```\r\ncode\r\n```\r\n",
        "- ```\n  fence in item\n  ```\n- > quote in item\n  > more\n- # heading\n",
        "no line end at the end **bold",
        "| cut |\n|---",
        "#",
        "\n\n\n",
        "- a\n  - b\n    - c\n      - d\n        - e\n          - f\n            - g\n              - h\n              "
        "  - i\n"
        "                  - j\n                    text of j\n- back\n",
    };
    return texts;
}

} // namespace

class TestMarkdownBlocks : public QObject
{
    Q_OBJECT

private slots:
    void rows_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QStringList>("rows");
        const auto row = [](const char* name, const QByteArray& text, const QStringList& rows) {
            QTest::newRow(name) << text << rows;
        };
        row("marks", "*a* **b** `c` ~~d~~", {QStringLiteral("p|{2:a} {1:b} {8:c} {4:d}")});
        row("headings", "# A\nB *c*\n===\nD\n---",
            {QStringLiteral("h1|A"), QStringLiteral("h1|B {2:c}"), QStringLiteral("h2|D")});
        row("list", "- a\n  1. b\n  2. c\n\n     more\n- d\n",
            {QStringLiteral("p l1 *|a"), QStringLiteral("p l2 1.|b"), QStringLiteral("p l2 2.|c"),
             QStringLiteral("p l2|more"), QStringLiteral("p l1 *|d")});
        row("numbers", "3. a\n3. b\n9. c\n",
            {QStringLiteral("p l1 3.|a"), QStringLiteral("p l1 4.|b"), QStringLiteral("p l1 5.|c")});
        row("tasks", "- [ ] a\n- [x] b\n", {QStringLiteral("p l1 [ ]|a"), QStringLiteral("p l1 [x]|b")});
        row("quotes", "> a\nlazy\n> > b\n\nc",
            {QStringLiteral("p q1|a/lazy"), QStringLiteral("p q2|b"), QStringLiteral("p|c")});
        row("fence", "```py x\na\n\n  b\n```\nc", {QStringLiteral("code|a//  b"), QStringLiteral("p|c")});
        row("table", "| a | b |\n|---|--:|\n| `1\\|2` | *3* |\n| 4 |\n\nend",
            {QStringLiteral("th|a&b"), QStringLiteral("tr +|{8:1|2}&{2:3}"), QStringLiteral("tr +|4&"),
             QStringLiteral("p|end")});
        row("links", "[a](https://b.c) [d](file:///etc) <mailto:e@f.g>",
            {QStringLiteral("p|{16:a->https://b.c} d {16:mailto:e@f.g->mailto:e@f.g}")});
        row("image", "![alt](http://x/y.png)", {QStringLiteral("p|{64:alt (http://x/y.png)}")});
        row("html", "<b onclick=x>hi</b> &lt;", {QStringLiteral("p|<b onclick=x>hi</b> <")});
        row("definition", "[a] b\n\n[a]: https://c.d", {QStringLiteral("p|{16:a->https://c.d} b")});
        row("rule", "a\n\n***\nb", {QStringLiteral("p|a"), QStringLiteral("rule|"), QStringLiteral("p|b")});
        row("block marks in prose", "a\n1986. b\n\\# c", {QStringLiteral("p|a/1986. b/# c")});
    }

    void rows()
    {
        QFETCH(QByteArray, text);
        QFETCH(QStringList, rows);
        QCOMPARE(whole(text), rows);
    }

    /// However the text arrives, the rows are those of the text in one piece, after every piece and at the end.
    void anySplitGivesTheSameRows()
    {
        QRandomGenerator random(20);
        for (int round = 0; round < 300; ++round) {
            QByteArray text;
            for (int i = 0; i < 1 + round % 5; ++i)
                text += corpus()[random.bounded(corpus().size())] + (random.bounded(2) ? "\n" : "");
            if (round % 20 == 0)
                text.replace(' ', QByteArray(1 + random.bounded(60), 'x') + ' '); // beyond the limits of a row
            MarkdownBlocks pieces;
            QList<MarkdownRow> frozen;
            for (qsizetype at = 0; at < text.size();) {
                const qsizetype n = std::min<qsizetype>(text.size() - at, 1 + random.bounded(round % 3 == 0 ? 3 : 40));
                const int firstChanged = pieces.append(QByteArrayView(text).sliced(at, n));
                at += n;
                QVERIFY(firstChanged <= frozen.size());
                for (qsizetype i = 0; i < frozen.size(); ++i)
                    QVERIFY2(frozen[i] == pieces.rows()[static_cast<size_t>(i)], "a final row changed");
                for (int i = static_cast<int>(frozen.size()); i < pieces.stableRows(); ++i)
                    frozen.append(pieces.rows()[static_cast<size_t>(i)]);
                if (round % 10 == 0) {
                    MarkdownBlocks prefix;
                    prefix.append(QByteArrayView(text).first(at));
                    QCOMPARE(shown(pieces), shown(prefix));
                }
            }
            pieces.finish();
            if (shown(pieces) != whole(text))
                qWarning() << text;
            QCOMPARE(shown(pieces), whole(text));
        }
    }

    void everyCharacterMapsToItsSource()
    {
        for (const QByteArray& text : corpus()) {
            MarkdownBlocks blocks;
            blocks.append(text);
            blocks.finish();
            for (const MarkdownRow& row : blocks.rows()) {
                const RowText made = renderRow(blocks, row);
                for (const SourceSpan& span : made.spans) {
                    if (!span.verbatim)
                        continue;
                    QCOMPARE(made.text.sliced(span.start, span.length),
                             QString::fromUtf8(text.sliced(span.source, span.bytes)));
                    const int offset = span.start + span.length / 2;
                    const qint64 byte = made.sourceAt(offset, text);
                    QVERIFY(byte >= span.source && byte < span.source + span.bytes);
                    const auto [start, length] =
                        made.rangeOf(static_cast<quint32>(byte), static_cast<quint32>(byte) + 1, text);
                    QVERIFY(start <= offset && offset < start + std::max(length, 1));
                }
            }
        }
    }

    void longBlocksAreDivided()
    {
        QByteArray sentence = "Some words that make a sentence of a fair length, again and again. ";
        MarkdownBlocks paragraph;
        for (int i = 0; i < 1000; ++i)
            paragraph.append(sentence);
        paragraph.finish();
        QVERIFY(std::ssize(paragraph.rows()) >= 1000 * sentence.size() / 4000);
        QString joined;
        for (const MarkdownRow& row : paragraph.rows()) {
            const QString text = renderRow(paragraph, row).text;
            QVERIFY(text.size() <= 4000);
            QVERIFY(text.trimmed().endsWith(u'.'));
            joined += text.trimmed() + u' ';
        }
        QCOMPARE(joined, QString::fromUtf8(sentence.repeated(1000)));

        MarkdownBlocks code;
        code.append("```\n");
        for (int i = 0; i < 1000; ++i)
            code.append("line " + QByteArray::number(i) + "\n");
        code.append("```\n");
        QCOMPARE(code.rows().size(), size_t(63));
        QCOMPARE(code.rows()[3].part, 48U);
        QVERIFY(!code.rows()[3].ends && code.rows().back().ends);
    }

    void hostileInputEnds()
    {
        for (const QByteArray& text :
             {QByteArray(20'000, '>'), QByteArray("- ").repeated(20'000), QByteArray(20'000, '['),
              QByteArray(20'000, '*'), QByteArray("`").repeated(20'001), QByteArray("|").repeated(20'000),
              QByteArray("<").repeated(20'000), QByteArray("a\n> ").repeated(5'000), QByteArray(3000, '\0'),
              QByteArray("\xff\xfe\xc0\x80").repeated(2000)}) {
            MarkdownBlocks blocks;
            for (qsizetype at = 0; at < text.size(); at += 997)
                blocks.append(QByteArrayView(text).sliced(at, std::min<qsizetype>(997, text.size() - at)));
            blocks.finish();
            for (const MarkdownRow& row : blocks.rows())
                renderRow(blocks, row);
            QVERIFY(!blocks.rows().empty());
        }
    }

    void lateDefinitionTouchesOnlyRowsThatWait()
    {
        MarkdownBlocks blocks;
        blocks.append("Plain.\n\n[a] here\n\n[b] there\n\n- and [A]\n\nend\n\n");
        QVERIFY(blocks.takeRedefinedRows().empty());
        blocks.append("[a]: https://x.y\n");
        QCOMPARE(blocks.takeRedefinedRows(), (std::vector<int>{1, 3}));
        QCOMPARE(shown(blocks, blocks.rows()[1]), QStringLiteral("p|{16:a->https://x.y} here"));
    }
};

QTEST_GUILESS_MAIN(TestMarkdownBlocks)
#include "tst_markdown_blocks.moc"
