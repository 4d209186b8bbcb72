using System.Text;

namespace Gantry.Compiler.Harness;

/// <summary>
/// C# source made from tables: every operator on every primitive type, checked and unchecked, every conversion, every
/// operation of Vector128 on every element type. One exported method a cell.
/// </summary>
public static class MatrixSource
{
    private static readonly string[] Integers = ["sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong"];
    private static readonly string[] Numbers = [.. Integers, "float", "double"];
    private static readonly string[] Wide = ["int", "uint", "long", "ulong"];

    /// <summary>Operators and conversions of scalars.</summary>
    public static string Scalars()
    {
        var text = new StringBuilder("using Gantry; using System; using System.Numerics; using System.Buffers.Binary;\npublic static class Scalars {\n");
        foreach (string type in Numbers)
        {
            foreach ((string name, string op) in new[] { ("Add", "+"), ("Sub", "-"), ("Mul", "*"), ("Div", "/"), ("Rem", "%") })
            {
                Method(text, type, $"{name}_{type}", $"{type} a, {type} b", $"unchecked(({type})(a {op} b))");
                if (name != "Rem" && name != "Div" && type is not ("float" or "double"))
                    Method(text, type, $"{name}Checked_{type}", $"{type} a, {type} b", $"checked(({type})(a {op} b))");
            }

            foreach ((string name, string op) in new[] { ("Eq", "=="), ("Ne", "!="), ("Lt", "<"), ("Gt", ">"), ("Le", "<="), ("Ge", ">=") })
            {
                Method(text, "bool", $"{name}_{type}", $"{type} a, {type} b", $"a {op} b");
                // As a branch, and its negation: with NaN these are other opcodes.
                Method(text, "int", $"{name}Branch_{type}", $"{type} a, {type} b", $"!(a {op} b) ? (a {op} b || b {op} a ? 1 : 2) : 3");
            }

            Method(text, type, $"Neg_{type}", $"{type} a", type == "ulong" ? "0 - a" : $"unchecked(({type})(-a))");
            foreach (string to in Numbers)
            {
                Method(text, to, $"Conv_{type}_{to}", $"{type} a", $"unchecked(({to})a)");
                Method(text, to, $"ConvChecked_{type}_{to}", $"{type} a", $"checked(({to})a)");
            }

            Method(text, "int", $"Nint_{type}", $"{type} a", "unchecked((int)(nint)" + (type is "float" or "double" ? "Math.Clamp(a, -2000000000, 2000000000)" : "(int)a") + ")");
        }

        foreach (string type in Integers)
        {
            foreach ((string name, string op) in new[] { ("And", "&"), ("Or", "|"), ("Xor", "^") })
                Method(text, type, $"{name}_{type}", $"{type} a, {type} b", $"({type})(a {op} b)");
            Method(text, type, $"Not_{type}", $"{type} a", $"unchecked(({type})~a)");
            foreach ((string name, string op) in new[] { ("Shl", "<<"), ("Shr", ">>"), ("Ushr", ">>>") })
            {
                Method(text, type, $"{name}_{type}", $"{type} a, int b", $"unchecked(({type})(a {op} b))");
                foreach (int constant in new[] { 1, 31, 32, 63, 64 })
                    Method(text, type, $"{name}{constant}_{type}", $"{type} a", $"unchecked(({type})(a {op} {constant}))");
            }

            Method(text, type, $"IncLoop_{type}", $"{type} a", $"Inc(a)");
            text.AppendLine($"  static {type} Inc({type} a) {{ unchecked {{ for (int i = 0; i < 300; i++) {{ a++; a += 3; a--; }} return a; }} }}");
        }

        foreach (string type in Wide)
        {
            foreach (string constant in new[] { "1", "2", "3", "7", "10", "64", "100", "1000000007" })
            {
                Method(text, type, $"Div{constant}_{type}", $"{type} a", $"a / {constant}");
                Method(text, type, $"Rem{constant}_{type}", $"{type} a", $"a % {constant}");
                Method(text, type, $"Mul{constant}_{type}", $"{type} a", $"unchecked(a * {constant})");
            }

            if (type is "uint" or "ulong")
            {
                foreach (string name in new[] { "LeadingZeroCount", "TrailingZeroCount", "PopCount", "Log2" })
                    Method(text, "int", $"{name}_{type}", $"{type} a", $"BitOperations.{name}(a)");
                Method(text, type, $"RotateLeft_{type}", $"{type} a, int b", "BitOperations.RotateLeft(a, b)");
                Method(text, type, $"RotateRight_{type}", $"{type} a, int b", "BitOperations.RotateRight(a, b)");
                Method(text, "bool", $"IsPow2_{type}", $"{type} a", "BitOperations.IsPow2(a)");
                Method(text, type, $"RoundUpToPowerOf2_{type}", $"{type} a", "BitOperations.RoundUpToPowerOf2(a)");
            }
            else
            {
                Method(text, "int", $"TrailingZeroCount_{type}", $"{type} a", "BitOperations.TrailingZeroCount(a)");
                Method(text, type, $"Abs_{type}", $"{type} a", "Math.Abs(a)");
                Method(text, "int", $"Sign_{type}", $"{type} a", "Math.Sign(a)");
            }

            Method(text, type, $"Min_{type}", $"{type} a, {type} b", "Math.Min(a, b)");
            Method(text, type, $"Max_{type}", $"{type} a, {type} b", "Math.Max(a, b)");
            Method(text, type, $"Clamp_{type}", $"{type} a, {type} b", $"Math.Clamp(a, ({type})3, ({type})100) + Math.Min(b, ({type})5)");
            Method(text, type, $"DivRem_{type}", $"{type} a, {type} b", $"DivRemMix(a, b)");
            text.AppendLine($"  static {type} DivRemMix({type} a, {type} b) {{ var (q, r) = Math.DivRem(a, b); return unchecked(q * 31 + r); }}");
        }

        foreach (string type in new[] { "short", "ushort", "int", "uint", "long", "ulong" })
            Method(text, type, $"ReverseEndianness_{type}", $"{type} a", "BinaryPrimitives.ReverseEndianness(a)");
        Floats(text);
        Big(text);
        Fields(text);
        return text.Append('}').ToString();
    }

    /// <summary>Operations of Vector128.</summary>
    public static string Vectors() => VectorMatrix.Source();

    internal static void Method(StringBuilder text, string result, string name, string parameters, string expression) =>
        text.AppendLine($"  [WasmExport(\"m_{name}\")] public static {result} {name}({parameters}) => {expression};");

    private static void Floats(StringBuilder text)
    {
        foreach ((string type, string math) in new[] { ("float", "MathF"), ("double", "Math") })
        {
            foreach (string name in new[] { "Abs", "Ceiling", "Floor", "Truncate", "Sqrt", "Round" })
                Method(text, type, $"{name}_{type}", $"{type} a", $"{math}.{name}(a)");
            foreach (string name in new[] { "Min", "Max", "CopySign" })
                Method(text, type, $"{name}_{type}", $"{type} a, {type} b", $"{math}.{name}(a, b)");
            Method(text, "bool", $"IsNaN_{type}", $"{type} a", $"{type}.IsNaN(a)");
            Method(text, "bool", $"IsInfinity_{type}", $"{type} a", $"{type}.IsInfinity(a)");
            Method(text, "bool", $"IsFinite_{type}", $"{type} a", $"{type}.IsFinite(a)");
            Method(text, "bool", $"IsNegative_{type}", $"{type} a", $"{type}.IsNegative(a)");
            Method(text, "int", $"Sign_{type}", $"{type} a", $"{type}.IsNaN(a) ? 7 : Math.Sign(a)");
            Method(text, type, $"RoundAway_{type}", $"{type} a", $"{math}.Round(a, MidpointRounding.AwayFromZero)");
            Method(text, type, $"Mix_{type}", $"{type} a, {type} b", "a * b + a - b / 3");
            Method(text, type, $"BitIncrement_{type}", $"{type} a", $"{math}.BitIncrement(a)");
            Method(text, type, $"BitDecrement_{type}", $"{type} a", $"{math}.BitDecrement(a)");
        }

        Method(text, "int", "SingleBits", "float a", "float.IsNaN(a) ? 0 : BitConverter.SingleToInt32Bits(a)");
        Method(text, "long", "DoubleBits", "double a", "double.IsNaN(a) ? 0 : BitConverter.DoubleToInt64Bits(a)");
        Method(text, "float", "BitsSingle", "int a", "BitConverter.Int32BitsToSingle(a)");
        Method(text, "double", "BitsDouble", "long a", "BitConverter.Int64BitsToDouble(a)");
    }

    // Fields of instruction words, index arithmetic in 64 bits of which 32 are kept, branches on comparisons that a switch chose.
    private static void Fields(StringBuilder text)
    {
        foreach ((int right, int left, string mask) in new[] { (15, 3, "31"), (20, 3, "31"), (3, 3, "0xFF"), (1, 7, "0xFFFF"), (25, 3, "0x7F"), (31, 31, "1"), (7, 4, "0xFFFFFFF0"), (0, 5, "0x80000001") })
        {
            Method(text, "uint", $"Field_{right}_{left}", "uint a", $"((a >> {right}) & {mask}) << {left}");
            Method(text, "uint", $"FieldUsedTwice_{right}_{left}", "uint a", $"(((a >> {right}) & {mask}) << {left}) ^ ((a >> {right}) & {mask})");
        }

        foreach ((string name, string expression) in new[]
        {
            ("Add", "(ulong)a + b"), ("Scaled", "((ulong)a << 3) + (ulong)b * 12"), ("Signed", "((ulong)(long)(int)a << 2) - b"), ("Wide", "((ulong)a << 40) | b"),
            ("Mixed", "(a | ((ulong)b << 33)) ^ (ulong)(long)(int)b"), ("Masked", "((ulong)a * 0x1_0000_0007) & ~(ulong)b"), ("Deep", "((((ulong)a + 1) * b) - ((ulong)b << 31)) ^ ((ulong)a << 32)"),
        })
            Method(text, "uint", "Wrap" + name, "uint a, uint b", $"unchecked((uint)({expression}))");

        text.AppendLine("  [WasmExport(\"m_Index\")] public static unsafe long Index(uint a, uint b) { long* p = stackalloc long[64]; for (uint i = 0; i < 64; i++) p[i] = i * 7; "
            + "p[(a >> 15) & 31] += a; p[32 + ((b >> 20) & 31)] ^= b; return p[a & 63] * 31 + p[(b >> 3) & 63]; }");
        foreach (string type in new[] { "int", "ulong" })
        {
            text.AppendLine($"  [WasmExport(\"m_Chosen_{type}\")] public static {type} Chosen_{type}({type} a, {type} b, int kind) {{ {type} next = 5; "
                + "bool taken = (kind & 7) switch { 0 => a == b, 1 => a != b, 4 => a < b, 5 => a >= b, 6 => a > b, 7 => kind > 0, _ => a <= b }; "
                + "if (taken) next = unchecked(a + b); return unchecked(next * 3); }");
        }
    }

    private static void Big(StringBuilder text)
    {
        foreach ((string type, string part) in new[] { ("UInt128", "ulong"), ("Int128", "long") })
        {
            string make = $"(({type})(({part})a) << 64 | b)";
            foreach ((string name, string op) in new[] { ("Add", "+"), ("Sub", "-"), ("Mul", "*"), ("And", "&"), ("Or", "|"), ("Xor", "^"), ("Div", "/"), ("Rem", "%") })
            {
                foreach (string half in new[] { "Low", "High" })
                {
                    string expression = $"unchecked((ulong)(({make} {op} (({type})(({part})c) << 32 | (uint)b)) {(half == "High" ? ">> 64" : "")}))";
                    Method(text, "ulong", $"{name}{half}_{type}", "ulong a, ulong b, ulong c", expression);
                }
            }

            foreach ((string name, string op) in new[] { ("Shl", "<<"), ("Shr", ">>"), ("Ushr", ">>>") })
            {
                Method(text, "ulong", $"{name}_{type}", "ulong a, ulong b, int c", $"Fold{type}(unchecked({make} {op} c))");
            }

            text.AppendLine($"  static ulong Fold{type}({type} value) => unchecked((ulong)value * 31 + (ulong)(value >> 64));");
            foreach ((string name, string op) in new[] { ("Lt", "<"), ("Ge", ">="), ("Eq", "==") })
                Method(text, "bool", $"{name}_{type}", "ulong a, ulong b, ulong c", $"{make} {op} (({type})(({part})c) << 64 | a)");
        }

        Method(text, "ulong", "BigMulHigh_ulong", "ulong a, ulong b", "Math.BigMul(a, b, out _)");
        Method(text, "ulong", "BigMulLow_ulong", "ulong a, ulong b", "BigLow(a, b)");
        text.AppendLine("  static ulong BigLow(ulong a, ulong b) { Math.BigMul(a, b, out ulong low); return low; }");
        Method(text, "long", "BigMulHigh_long", "long a, long b", "Math.BigMul(a, b, out _)");
        Method(text, "long", "BigMul_int", "int a, int b", "Math.BigMul(a, b)");
        Method(text, "ulong", "MultiplyHigh", "ulong a, ulong b", "(ulong)(((UInt128)a * b) >> 64)");
    }
}
