namespace Gantry.Engine.Devices;

/// <summary>A 16550 UART without modem lines: the guest's early messages. Sends at once, as fast as the ring takes it.</summary>
public static unsafe class Uart
{
    /// <summary>Bytes of the register space.</summary>
    public const uint Size = 0x100;

    // Register numbers (datasheet, table "register addresses"); DLAB changes the first two.
    private const uint Data = 0;
    private const uint InterruptEnable = 1;
    private const uint InterruptIdentify = 2;
    private const uint LineControl = 3;
    private const uint ModemControl = 4;
    private const uint LineStatus = 5;
    private const uint ModemStatus = 6;
    private const uint Scratch = 7;

    private const byte EnableReceive = 1;
    private const byte EnableTransmit = 2;
    private const byte DivisorLatch = 0x80;
    private const byte FifoEnabled = 0xC0;
    private const byte IdentifyNone = 1;
    private const byte IdentifyTransmit = 2;
    private const byte IdentifyReceive = 4;
    private const byte DataReady = 1;
    private const byte TransmitEmpty = 0x60;
    private const byte Loopback = 0x10;

    /// <summary>State of the UART.</summary>
    public struct State
    {
        /// <summary>Interrupt line.</summary>
        public uint Line;

        /// <summary>IER.</summary>
        public byte Enable;

        /// <summary>LCR.</summary>
        public byte LineControl;

        /// <summary>MCR.</summary>
        public byte ModemControl;

        /// <summary>SCR.</summary>
        public byte Scratch;

        /// <summary>FCR bit 0.</summary>
        public byte Fifo;

        /// <summary>DLL.</summary>
        public byte DivisorLow;

        /// <summary>DLM.</summary>
        public byte DivisorHigh;

        /// <summary>The transmitter-empty interrupt is due: set when it empties, cleared by reading IIR or sending.</summary>
        public bool TransmitDue;
    }

    /// <summary>Reads a register.</summary>
    public static byte Read(Machine* machine, uint offset)
    {
        var uart = &machine->Uart;
        var divisor = (uart->LineControl & DivisorLatch) != 0;
        switch (offset)
        {
            case Data:
                if (divisor)
                    return uart->DivisorLow;
                byte value = 0;
                machine->Mailbox->UartToGuest.Read(&value, 1);
                Update(machine);
                return value;
            case InterruptEnable:
                return divisor ? uart->DivisorHigh : uart->Enable;
            case InterruptIdentify:
                var identify = Identify(machine);
                if (identify == IdentifyTransmit)
                {
                    uart->TransmitDue = false;
                    Update(machine);
                }

                return (byte)(identify | (uart->Fifo != 0 ? FifoEnabled : 0));
            case LineControl:
                return uart->LineControl;
            case ModemControl:
                return uart->ModemControl;
            case LineStatus:
                return (byte)((machine->Mailbox->UartToGuest.Count != 0 ? DataReady : 0) |
                    (machine->Mailbox->UartToHost.Space != 0 ? TransmitEmpty : 0));
            case ModemStatus:
                // Loopback shows MCR's lines; otherwise carrier, clear-to-send and data-set-ready are on.
                return (uart->ModemControl & Loopback) != 0
                    ? (byte)(((uart->ModemControl & 0x0C) << 4) | ((uart->ModemControl & 2) << 3) | ((uart->ModemControl & 1) << 5))
                    : (byte)0xB0;
            case Scratch:
                return uart->Scratch;
            default:
                return 0;
        }
    }

    /// <summary>Writes a register.</summary>
    public static void Write(Machine* machine, uint offset, byte value)
    {
        var uart = &machine->Uart;
        var divisor = (uart->LineControl & DivisorLatch) != 0;
        switch (offset)
        {
            case Data:
                if (divisor)
                {
                    uart->DivisorLow = value;
                    return;
                }

                machine->Mailbox->UartToHost.Write(&value, 1);
                if (machine->Mailbox->UartToHost.Space == 0)
                    Processor.Stop(machine);
                uart->TransmitDue = true;
                break;
            case InterruptEnable:
                if (divisor)
                {
                    uart->DivisorHigh = value;
                    return;
                }

                if ((value & EnableTransmit) != 0 && (uart->Enable & EnableTransmit) == 0)
                    uart->TransmitDue = true;
                uart->Enable = (byte)(value & 0x0F);
                break;
            case InterruptIdentify:
                uart->Fifo = (byte)(value & 1);
                break;
            case LineControl:
                uart->LineControl = value;
                break;
            case ModemControl:
                uart->ModemControl = (byte)(value & 0x1F);
                break;
            case Scratch:
                uart->Scratch = value;
                break;
            default:
                break;
        }

        Update(machine);
    }

    /// <summary>The host may have moved the rings.</summary>
    public static void Poll(Machine* machine) => Update(machine);

    private static byte Identify(Machine* machine)
    {
        var uart = &machine->Uart;
        if ((uart->Enable & EnableReceive) != 0 && machine->Mailbox->UartToGuest.Count != 0)
            return IdentifyReceive;
        if ((uart->Enable & EnableTransmit) != 0 && uart->TransmitDue && machine->Mailbox->UartToHost.Space != 0)
            return IdentifyTransmit;
        return IdentifyNone;
    }

    private static void Update(Machine* machine) =>
        Interrupts.Set(machine, machine->Uart.Line, Identify(machine) != IdentifyNone);
}
