using Gantry.Engine.Jit;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>What stands for the holes of templates.</summary>
internal unsafe partial struct RegionEmitter
{
    // The one hole that is an address with an offset: Hole.Place.
    private const int PlaceHole = 25;

    /// <summary>Fills a hole of the template being stitched.</summary>
    public static void Fill(RegionEmitter* emitter, int hole)
    {
        var code = &emitter->Body.Code;
        var insn = &emitter->insn;
        switch (hole)
        {
            case 0: code->Op(Wasm.LocalGet, HartLocal); break;
            case 1: emitter->registers.Get(insn->Rs1); break;
            case 2: emitter->registers.Get(insn->Rs2); break;
            case 3:
                if (insn->Rd == Hart.Sink)
                    code->Byte(Wasm.Drop);
                else
                    emitter->registers.Set(insn->Rd);
                break;
            case 4: code->I64Const(emitter->immediate); break;
            case 5: emitter->registers.Get(RegionRegisters.FirstFloat + insn->Rs1); break;
            case 6: emitter->registers.Get(RegionRegisters.FirstFloat + insn->Rs2); break;
            case 7: emitter->registers.Get(RegionRegisters.FirstFloat + (insn->Rs3AndMode & 31)); break;
            case 8: emitter->registers.Set(RegionRegisters.FirstFloat + insn->Rd); break;
            case 9: code->I32Const(insn->Rs3AndMode >> 5); break;
            case 10: code->I64Const(emitter->offset); break;
            case 11: code->I64Const((emitter->slot + emitter->halfwords) * 2); break;
            case 12: emitter->GetTlb(); break;
            case 13: code->Address(emitter->Record(emitter->slot)); break;
            case 14: emitter->GetPageAddress(); break;
            case 15: emitter->GetLeft(emitter->index); break;
            case 17:
                emitter->SetNext(emitter->Record(emitter->slot));
                emitter->Count(emitter->index);
                // Its own record leads to the interpreter, but where that leads here.
                emitter->LeaveSeldom(emitter->isEntry && emitter->index == 0 ? InterpretDepth : ExitDepth);
                break;
            case 18: break;
            case 19: code->Op(Wasm.LocalSet, emitter->target); break;
            case 20: code->Op(Wasm.LocalGet, emitter->target); break;
            case 21: code->Op(Wasm.LocalGet, NextLocal); break;
            case 22: code->Op(Wasm.LocalSet, NextLocal); break;
            case 23: code->Address(emitter->targetSlots); break;
            case 24:
                code->Op(Wasm.LocalSet, emitter->target);
                emitter->LeaveSeldom(FarDepth);
                break;
            case PlaceHole:
                code->Op(Wasm.LocalGet, emitter->PlaceOf(emitter->group->Number));
                break;
            case 26: code->Op(Wasm.LocalSet, emitter->PlaceOf(emitter->group->Number)); break;
            case 28: code->I64Const(4096 - (emitter->group->High - emitter->group->Low)); break;
            default: emitter->Body.Failed = true; break;
        }
    }

    // A jump that is no call adds to it what it drops then; a host would load it all the same.
    private void GetPageAddress()
    {
        if (insn.Rd == Hart.Sink)
        {
            Body.Code.I64Const(0);
            return;
        }

        Body.Code.Op(Wasm.LocalGet, HartLocal);
        Body.Code.Access(Wasm.I64Load, 3, (uint)((byte*)&hart->PageAddress - (byte*)hart));
    }

    private void GetLeft(int less)
    {
        Body.Code.Op(Wasm.LocalGet, LeftLocal);
        if (less == 0)
            return;
        Body.Code.I32Const(less);
        Body.Code.Byte(Wasm.I32Sub);
    }

    private uint PlaceOf(int number)
    {
        if (place[number] == 0)
            place[number] = Body.NewLocal(Wasm.I32);
        return place[number];
    }

    private void GetTlb()
    {
        if (tlb == 0)
            tlb = Body.NewLocal(Wasm.I32);
        Body.Code.Op(Wasm.LocalGet, tlb);
    }

    private readonly struct Filler : IHoleFiller
    {
        public static void Fill(void* context, int hole) => RegionEmitter.Fill((RegionEmitter*)context, hole);

        public static bool IsValue(int hole) => hole is 1 or 2 or 4;

        public static uint Offset(void* context, int hole)
        {
            if (hole != PlaceHole)
                return 0;
            var emitter = (RegionEmitter*)context;
            return (uint)(emitter->places.OffsetOf(emitter->index) - emitter->group->Low);
        }
    }
}
