using System.Globalization;
using System.Text;
using Gantry.Wasm;

namespace Gantry.Compiler.IR;

/// <summary>Text of the intermediate code, for <c>--dump</c>.</summary>
internal static class IRPrinter
{
    public static string Print(Function function)
    {
        var builder = new StringBuilder();
        builder.Append(CultureInfo.InvariantCulture, $"{function.Name} {function.Type}\n");
        var id = 0;
        foreach (var param in function.Params)
            param.Id = id++;
        foreach (var block in function.Blocks)
        {
            foreach (var instr in block.Instrs)
                instr.Id = id++;
        }

        foreach (var block in function.Blocks)
        {
            builder.Append(CultureInfo.InvariantCulture, $"{block}: <- {string.Join(", ", block.Preds)}\n");
            foreach (var instr in block.Instrs)
                builder.Append("    ").Append(Print(instr)).Append('\n');
        }

        return builder.ToString();
    }

    public static string Print(Instr instr)
    {
        var builder = new StringBuilder();
        if (instr.HasValue)
            builder.Append(CultureInfo.InvariantCulture, $"v{instr.Id}:{instr.Type.Name()} = ");
        builder.Append(instr.Op);
        if (instr.Op is Op.Wasm or Op.Load or Op.Store or Op.Effect)
            builder.Append('.').Append(instr.Code);
        if (instr.Op is Op.Const or Op.Param or Op.Copy or Op.Zero or Op.Alloca || instr.Imm != 0)
            builder.Append(CultureInfo.InvariantCulture, $" #{instr.Imm}");
        switch (instr.Aux)
        {
            case DataSymbol symbol: builder.Append(" [").Append(symbol.Name).Append(']'); break;
            case TrapInfo trap: builder.Append(" \"").Append(trap.Text).Append('"'); break;
            case null: break;
            default: builder.Append(" {").Append(instr.Aux).Append('}'); break;
        }

        foreach (var arg in instr.Args)
        {
            var a = arg.Resolve();
            builder.Append(a.IsConst ? $" {a.Imm}" : $" v{a.Id}");
        }

        if (instr.Targets.Length > 0)
            builder.Append(" -> ").AppendJoin(", ", instr.Targets.Select(t => t.ToString()));
        return builder.ToString();
    }
}
