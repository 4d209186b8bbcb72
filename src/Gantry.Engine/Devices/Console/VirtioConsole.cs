using System.Runtime.InteropServices;
using Gantry.Engine.Host;

namespace Gantry.Engine.Devices;

/// <summary>Console with several ports (virtio 1.2, section 5.3): port 0 is the terminal, the others have names.</summary>
public static unsafe class VirtioConsole
{
    private const ulong FeatureSize = 1UL << 0;
    private const ulong FeatureMultiport = 1UL << 1;
    private const ulong FeatureEmergencyWrite = 1UL << 2;

    private const uint QueueSize = 64;
    private const uint ControlReceive = 2;
    private const uint ControlTransmit = 3;
    private const uint EmergencyWriteOffset = 8;

    // 5.3.6.2: struct virtio_console_control and its events.
    private const uint ControlSize = 8;
    private const ushort DeviceReady = 0;
    private const ushort PortAdd = 1;
    private const ushort PortReady = 3;
    private const ushort ConsolePort = 4;
    private const ushort Resize = 5;
    private const ushort PortOpen = 6;
    private const ushort PortName = 7;

    // What the guest has yet to be told of a port; sent lowest bit first.
    private const uint TellAdd = 1;
    private const uint TellName = 2;
    private const uint TellConsole = 4;
    private const uint TellOpen = 8;
    private const uint TellSize = 16;

    private const uint MaxMessage = ControlSize + 64;

    /// <summary>State of the console.</summary>
    public struct State
    {
        /// <summary>Number of ports.</summary>
        public uint PortCount;

        /// <summary>What the host sees of the ports.</summary>
        public Port* Ports;

        /// <summary>One a port.</summary>
        public PortState* PortStates;

        /// <summary>Last window size told, columns in the low half.</summary>
        public uint ToldSize;

        /// <summary>A control message being put together.</summary>
        public byte* Message;
    }

    /// <summary>The engine's side of a port.</summary>
    public struct PortState
    {
        /// <summary>Messages due to the guest.</summary>
        public uint Tell;

        /// <summary>The guest has answered PORT_READY.</summary>
        public bool Ready;

        /// <summary>The guest was told the host's side is open.</summary>
        public bool ToldOpen;

        /// <summary>Bytes of the first transmit chain that are already in the ring.</summary>
        public ulong Sent;

        /// <summary>The host was called because the ring is full, and has made no room since.</summary>
        public bool ToldFull;
    }

    /// <summary>Makes the device for the mailbox's ports.</summary>
    public static void Create(VirtioDevice* device, Machine* machine)
    {
        var count = machine->Mailbox->PortCount;
        device->Allocate(machine, VirtioKind.Console, 2 * (count + 1), QueueSize, FeatureSize | FeatureMultiport | FeatureEmergencyWrite);
        var state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        state->PortCount = count;
        state->Ports = (Port*)(nuint)machine->Mailbox->Ports;
        state->PortStates = (PortState*)NativeMemory.AllocZeroed(count, (nuint)sizeof(PortState));
        state->Message = (byte*)NativeMemory.AllocZeroed(MaxMessage);
        device->State = state;
    }

    /// <summary>The driver starts anew.</summary>
    public static void Reset(VirtioDevice* device)
    {
        var state = (State*)device->State;
        for (var i = 0u; i < state->PortCount; i++)
        {
            state->PortStates[i] = default;
            state->Ports[i].Flags = 0;
        }
    }

    /// <summary>struct virtio_console_config, 5.3.4.</summary>
    public static byte ReadConfig(VirtioDevice* device, uint offset)
    {
        var mailbox = device->Machine->Mailbox;
        var size = mailbox->Columns | ((uint)mailbox->Rows << 16);
        return offset switch
        {
            < 4 => (byte)(size >> (int)(8 * offset)),
            < 8 => (byte)(((State*)device->State)->PortCount >> (int)(8 * (offset - 4))),
            _ => 0,
        };
    }

    /// <summary>emerg_wr: one character without any queue.</summary>
    public static void WriteConfig(VirtioDevice* device, uint offset, int size, ulong value)
    {
        if (offset != EmergencyWriteOffset || size > 4)
            return;
        var character = (byte)value;
        ((State*)device->State)->Ports[0].ToHost.Write(&character, 1);
    }

    /// <summary>The driver put chains into a queue.</summary>
    public static void Notify(VirtioDevice* device, uint queue)
    {
        if (queue == ControlTransmit)
            ReceiveControl(device);
        else if (queue == ControlReceive)
            SendControl(device);
        else if ((queue & 1) != 0)
            Transmit(device, PortOfQueue(queue));
        else
            Deliver(device, PortOfQueue(queue));
    }

    /// <summary>The host may have moved rings, closed or resized.</summary>
    public static void Poll(VirtioDevice* device)
    {
        if (!device->IsRunning)
            return;
        var state = (State*)device->State;
        var mailbox = device->Machine->Mailbox;
        var size = mailbox->Columns | ((uint)mailbox->Rows << 16);
        if (size != state->ToldSize)
        {
            state->ToldSize = size;
            // A port that is not ready yet is told its size when it is.
            if (state->PortStates[0].Ready)
                state->PortStates[0].Tell |= TellSize;
            VirtioDevice.ConfigChanged(device);
        }

        for (var port = 0u; port < state->PortCount; port++)
        {
            Transmit(device, port);
            Deliver(device, port);
        }

        SendControl(device);
    }

    // 5.3.2: port 0 has queues 0 and 1, the control queues follow, then two a port.
    private static uint PortOfQueue(uint queue) => queue < 2 ? 0 : (queue / 2) - 1;

    private static uint QueueOfPort(uint port) => port == 0 ? 0 : 2 + (2 * port);

    private static void Transmit(VirtioDevice* device, uint port)
    {
        var state = (State*)device->State;
        var ring = &state->Ports[port].ToHost;
        var queue = QueueOfPort(port) + 1;
        var chain = &device->Chain;
        while (VirtioDevice.Peek(device, queue, chain))
        {
            var sent = &state->PortStates[port].Sent;
            var offset = 0UL;
            for (var i = 0u; i < chain->ReadableCount; i++)
            {
                var segment = chain->Segments[i];
                var skip = *sent > offset ? Math.Min(*sent - offset, segment.Length) : 0;
                offset += segment.Length;
                if (skip == segment.Length)
                    continue;
                var wanted = (uint)(segment.Length - skip);
                var written = ring->Write((byte*)(nuint)(segment.Address + skip), wanted);
                *sent += written;
                var toldFull = &state->PortStates[port].ToldFull;
                *toldFull &= written == 0;
                if (written < wanted)
                {
                    // Full: the chain stays where it is until the host has read, and it is called for that, lest the machine switch itself off before. The driver of
                    // port 0 spins until then with interrupts off; of the others only one process waits, and the machine goes on when the host does not read.
                    if (port == 0 || !*toldFull)
                        Processor.Stop(device->Machine);
                    *toldFull = true;
                    return;
                }
            }

            *sent = 0;
            VirtioDevice.Take(device, queue);
            VirtioDevice.Return(device, queue, chain->Head, 0);
        }
    }

    private static void Deliver(VirtioDevice* device, uint port)
    {
        var state = (State*)device->State;
        var ring = &state->Ports[port].ToGuest;
        var queue = QueueOfPort(port);
        var chain = &device->Chain;
        // Bytes for a port nobody has open would be thrown away by the driver: they wait.
        while (state->PortStates[port].ToldOpen && (port == 0 || (state->Ports[port].Flags & Port.GuestOpen) != 0) &&
            ring->Count != 0 && VirtioDevice.Peek(device, queue, chain))
        {
            VirtioDevice.Take(device, queue);
            var done = 0u;
            for (var i = 0u; i < chain->WritableCount && ring->Count != 0; i++)
            {
                var segment = chain->WritableSegments[i];
                done += ring->Read((byte*)(nuint)segment.Address, (uint)segment.Length);
            }

            DescriptorChain.NoteWritten(&device->Machine->Memory, chain->WritableSegments, chain->WritableCount, done);
            VirtioDevice.Return(device, queue, chain->Head, done);
        }

        UpdateOpen(state, port);
        if (state->PortStates[port].Tell != 0)
            SendControl(device);
    }

    // The guest sees the host's side closed once everything before the end was delivered.
    private static void UpdateOpen(State* state, uint port)
    {
        var ring = &state->Ports[port].ToGuest;
        var open = (ring->Flags & Ring.Closed) == 0 || ring->Count != 0;
        var told = state->PortStates + port;
        if (told->Ready && told->ToldOpen != open)
            told->Tell |= TellOpen;
    }

    private static void ReceiveControl(VirtioDevice* device)
    {
        var state = (State*)device->State;
        var chain = &device->Chain;
        while (VirtioDevice.Peek(device, ControlTransmit, chain))
        {
            VirtioDevice.Take(device, ControlTransmit);
            ulong message = 0;
            var length = chain->Read(0, (byte*)&message, ControlSize);
            VirtioDevice.Return(device, ControlTransmit, chain->Head, 0);
            if (length == ControlSize)
                Handle(state, (uint)message, (ushort)(message >> 32), (ushort)(message >> 48));
        }

        SendControl(device);
    }

    private static void Handle(State* state, uint id, ushort what, ushort value)
    {
        if (what == DeviceReady)
        {
            for (var i = 0u; i < state->PortCount && value == 1; i++)
                state->PortStates[i].Tell |= TellAdd;
            return;
        }

        if (id >= state->PortCount)
            return;
        var port = state->PortStates + id;
        if (what == PortReady && value == 1)
        {
            port->Ready = true;
            port->Tell |= id == 0 ? TellConsole | TellSize : TellName;
            UpdateOpen(state, id);
        }
        else if (what == PortOpen)
        {
            state->Ports[id].Flags = value != 0 ? Port.GuestOpen : 0;
        }
    }

    private static void SendControl(VirtioDevice* device)
    {
        var state = (State*)device->State;
        var chain = &device->Chain;
        for (var id = 0u; id < state->PortCount; id++)
        {
            var port = state->PortStates + id;
            while (port->Tell != 0 && VirtioDevice.Peek(device, ControlReceive, chain))
            {
                VirtioDevice.Take(device, ControlReceive);
                var bit = port->Tell & (0 - port->Tell);
                port->Tell &= ~bit;
                var length = Compose(device, state, id, bit);
                if (chain->WritableLength < length)
                    length = 0;
                chain->Write(0, state->Message, length);
                DescriptorChain.NoteWritten(&device->Machine->Memory, chain->WritableSegments, chain->WritableCount, length);
                VirtioDevice.Return(device, ControlReceive, chain->Head, length);
            }
        }
    }

    private static uint Compose(VirtioDevice* device, State* state, uint id, uint bit)
    {
        var message = state->Message;
        *(uint*)message = id;
        var what = (ushort*)(message + 4);
        what[1] = 1;
        switch (bit)
        {
            case TellAdd:
                what[0] = PortAdd;
                return ControlSize;
            case TellName:
                what[0] = PortName;
                var port = state->Ports + id;
                Buffer.MemoryCopy((byte*)(nuint)port->Name, message + ControlSize, MaxMessage - ControlSize, port->NameLength);
                return ControlSize + port->NameLength;
            case TellConsole:
                what[0] = ConsolePort;
                return ControlSize;
            case TellSize:
                what[0] = Resize;
                // The specification says columns first; Linux before 6.15 reads rows first, and our kernel is one of those.
                *(ushort*)(message + ControlSize) = device->Machine->Mailbox->Rows;
                *(ushort*)(message + ControlSize + 2) = device->Machine->Mailbox->Columns;
                return ControlSize + 4;
            default:
                what[0] = PortOpen;
                var ring = &state->Ports[id].ToGuest;
                var open = (ring->Flags & Ring.Closed) == 0 || ring->Count != 0;
                state->PortStates[id].ToldOpen = open;
                what[1] = open ? (ushort)1 : (ushort)0;
                return ControlSize;
        }
    }
}
