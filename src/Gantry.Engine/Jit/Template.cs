namespace Gantry.Engine.Jit;

/// <summary>Who fills the holes of a template.</summary>
public unsafe interface IHoleFiller
{
    /// <summary>Appends code for a hole: it pops the hole method's parameters and pushes its result.</summary>
    /// <param name="context">What the stitching was begun with.</param>
    /// <param name="hole">The hole's number.</param>
    static abstract void Fill(void* context, int hole);

    /// <summary>Whether all a hole does is to push a value.</summary>
    /// <param name="hole">The hole's number.</param>
    static abstract bool IsValue(int hole);

    /// <summary>What to add to the offset of a load or store whose address is a hole.</summary>
    /// <param name="context">What the stitching was begun with.</param>
    /// <param name="hole">The hole's number.</param>
    static abstract uint Offset(void* context, int hole);
}

/// <summary>
/// Copy and patch: appends the code of a template, a method marked <c>[WasmTemplate]</c> that the compiler serialized (docs/compiler.md, "Templates"), to a function.
/// </summary>
public static unsafe class Template
{
    private const int Code = 1, Hole = 2, Local = 3, Call = 4, Address = 5, Hint = 6, Access = 7;
    private const int MaxLocals = 128;

    /// <summary>Which holes a template has: bit n for hole n.</summary>
    public static uint Holes(byte* template)
    {
        var at = template + 2 + template[1];
        uint holes = 0;
        while (*at != 0)
        {
            switch (*at++)
            {
                case Code: at += *at + 1; break;
                case Hole:
                    holes |= 1u << *at;
                    at += 2;
                    break;
                case Local: at += 2; break;
                case Hint: at++; break;
                case Access: at += 7; break;
                case Call: at += FunctionTypes.SizeOf(at); break;
                default: at += 4; break;
            }
        }

        return holes;
    }

    /// <summary>Appends a template.</summary>
    /// <param name="template">Its bytes.</param>
    /// <param name="body">Where to.</param>
    /// <param name="functionTypes">The module's types.</param>
    /// <param name="context">Handed to the filler.</param>
    public static void Stitch<TFiller>(byte* template, FunctionBody* body, FunctionTypes* functionTypes, void* context)
        where TFiller : struct, IHoleFiller
    {
        var at = template;
        var returns = *at++ != 0;
        var count = (int)*at++;
        if (count > MaxLocals)
        {
            body->Failed = true;
            return;
        }

        var locals = stackalloc uint[MaxLocals];
        var ordinals = stackalloc int[8];
        for (var i = 0; i < 8; i++)
            ordinals[i] = 0;
        for (var i = 0; i < count; i++)
        {
            var type = (int)*at++;
            locals[i] = body->Scratch(type, ordinals[Wasm.I32 - type]++);
        }

        if (returns)
            body->Open(Wasm.Block);
        var outer = body->Depth;
        while (*at != 0)
        {
            switch (*at++)
            {
                case Code:
                    body->Code.Bytes(at + 1, *at);
                    at += *at + 1;
                    break;
                case Hole when at[2] == Code && at[4] == Wasm.Drop && TFiller.IsValue(*at):
                    // Nobody wants it: a meaning need not know what a use of it leaves unused.
                    body->Code.Bytes(at + 5, at[3] - 1);
                    at += 4 + at[3];
                    break;
                case Hole:
                    body->Depth = outer + at[1];
                    TFiller.Fill(context, *at);
                    at += 2;
                    break;
                case Local:
                    body->Code.Op(*at, locals[at[1]]);
                    at += 2;
                    break;
                case Call:
                    var type = functionTypes->Intern(at);
                    if (type < 0)
                        body->Failed = true;
                    body->Code.Op(Wasm.CallIndirect, (uint)type);
                    body->Code.Byte(0);
                    at += FunctionTypes.SizeOf(at);
                    break;
                case Access:
                    body->Code.Access(at[0], at[1], *(uint*)(at + 3) + TFiller.Offset(context, at[2]));
                    at += 7;
                    break;
                case Hint:
                    body->Hint(*at++);
                    break;
                case Address:
                    body->Code.I32Const(at[0] | (at[1] << 8) | (at[2] << 16) | (at[3] << 24));
                    at += 4;
                    break;
                default:
                    body->Failed = true;
                    return;
            }
        }

        body->Depth = outer;
        if (returns)
            body->Close();
    }
}
